import { b, bf, bk, bl, blt, bt } from './blt.js';
import { ffAlexnet } from './ff-alexnet.js';
import { ffResnet } from './ff-resnet.js';
import type { ZooModel } from './model.js';

const MODELS: readonly ZooModel[] = [ffAlexnet, ffResnet, b, bf, bk, bl, bt, blt];

/** Every model of the zoo by its id. */
export const ZOO: ReadonlyMap<string, ZooModel> = new Map(MODELS.map((model) => [model.id, model]));
