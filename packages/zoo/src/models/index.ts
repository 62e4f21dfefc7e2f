import { b, bf, bk, bl, blt, bt } from './blt.js';
import { convlstm } from './convlstm.js';
import { cornetR, cornetRt } from './cornet-rt.js';
import { cornetS } from './cornet-s.js';
import { cornetZModel } from './cornet-z.js';
import { ffAlexnet } from './ff-alexnet.js';
import { ffResnet } from './ff-resnet.js';
import { grcl } from './grcl.js';
import { leaky } from './leaky.js';
import type { ZooModel } from './model.js';
import { pcnGlobal, pcnGlobalTied } from './pcn-global.js';
import { pcnLocal } from './pcn-local.js';
import { prednet, prednetSub } from './prednet-house.js';
import { rcl } from './rcl.js';
import { resnetMultistate } from './resnet-multistate.js';
import { resnetShared } from './resnet-shared.js';
import { retinaBl } from './retina-bl.js';
import { rgc, rgcSurvey } from './rgc.js';
import { subconvlstm } from './subconvlstm.js';

const FEED_FORWARD = [ffAlexnet, ffResnet, cornetZModel, b, bf, bk];
const LATERAL = [bl, leaky, rcl, grcl, convlstm, subconvlstm, resnetShared, pcnLocal, cornetS, retinaBl];
const FURTHER = [
  bt,
  blt,
  resnetMultistate,
  pcnGlobal,
  pcnGlobalTied,
  rgc,
  rgcSurvey,
  cornetRt,
  cornetR,
  prednet,
  prednetSub,
];

/** Every model of the zoo by its id. */
export const ZOO: ReadonlyMap<string, ZooModel> = new Map(
  [...FEED_FORWARD, ...LATERAL, ...FURTHER].map((model) => [model.id, model]),
);
