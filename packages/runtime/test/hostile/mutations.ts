import { readFileSync } from 'node:fs';
import type { NetworkManifest } from '@corescore/contracts';
import { endless, leakySum, manifest, notFinite, plain, SIDE, stepNames, unrolled } from '../models.js';
import { onnxFile } from '../onnx-writer.js';
import { layersModel } from '../tfjs-writer.js';
import { tfjsAbout } from './case.js';

/** A file that may be anything between sound and rubbish. */
export interface Mutant {
  /** Number and what was done, enough to make it again. */
  name: string;
  manifest: NetworkManifest;
  files: Record<string, Uint8Array>;
}

interface Seed {
  name: string;
  manifest: NetworkManifest;
  files: Record<string, Buffer>;
}

/** Uniform on 0 .. n - 1 (mulberry32). */
export type Random = (n: number) => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

const BUNDLED = ['ff-64', 'bl-64', 'bl-64-stateful'];

/** Sound models: bundled ones, those of the tests, and a TensorFlow.js one. */
export function seeds(): Seed[] {
  const folder = new URL('../../../benchmarks/data/models/', import.meta.url);
  const onnx = (name: string, about: NetworkManifest, bytes: Buffer): Seed => ({
    name,
    manifest: about,
    files: { 'model.onnx': bytes },
  });
  const bundled = BUNDLED.map((name) =>
    onnx(
      name,
      JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as NetworkManifest,
      readFileSync(new URL(`${name}.onnx`, folder)),
    ),
  );
  const state = [{ input: 'state_in', output: 'state_out' }];
  const clock = { onsetMs: 0, stepMs: 10 };
  return [
    ...bundled,
    onnx('plain', manifest(), onnxFile(plain)),
    onnx('not-finite', manifest(), onnxFile(notFinite)),
    onnx('endless', manifest(), onnxFile(endless)),
    onnx('leaky', manifest({ state, steps: 3, clock }), onnxFile(leakySum())),
    onnx('unrolled', manifest({ clock, regions: { IT: { outputs: stepNames(3) } } }), onnxFile(unrolled(3))),
    { name: 'tfjs', manifest: tfjsAbout('tfjs'), files: tfjsSeed() },
    { name: 'tfjs-again', manifest: tfjsAbout('tfjs'), files: tfjsSeed() },
  ];
}

function tfjsSeed(): Record<string, Buffer> {
  const layer = (name: string, of: string, className: string, config: object) => ({
    class: className,
    name,
    config,
    of: [[of]],
  });
  const values = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(i));
  const files = layersModel({
    layers: [
      { class: 'InputLayer', name: 'image', config: { batch_input_shape: [null, SIDE, SIDE, 3], dtype: 'float32' } },
      layer('conv', 'image', 'Conv2D', { filters: 4, kernel_size: [3, 3], padding: 'same', activation: 'relu' }),
      layer('pooled', 'conv', 'GlobalAveragePooling2D', {}),
      layer('it', 'pooled', 'Dense', { units: 5, activation: 'linear' }),
    ],
    inputs: ['image'],
    outputs: ['it'],
    weights: [
      { name: 'conv/kernel', shape: [3, 3, 3, 4], values: values(108) },
      { name: 'conv/bias', shape: [4], values: values(4) },
      { name: 'it/kernel', shape: [4, 5], values: values(20) },
      { name: 'it/bias', shape: [5], values: values(5) },
    ],
  });
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)]));
}

/** `count` mutants of the seeds, the same for the same `seed`. */
export function* mutants(count: number, seed: number): Generator<Mutant> {
  const random = seeded(seed);
  const all = seeds();
  const places = new Map(all.map((from) => [from, structuralPlaces(mainFile(from))]));
  for (let number = 0; number < count; number++) {
    const from = all[random(all.length)];
    const files: Record<string, Uint8Array> = { ...from.files };
    const names = Object.keys(files);
    const name = names[random(4) === 0 ? names.length - 1 : 0];
    const done: string[] = [];
    let bytes: Buffer = Buffer.from(from.files[name]);
    const rounds = random(4) === 0 ? 2 + random(3) : 1;
    for (let round = 0; round < rounds; round++) {
      const isJson = name.endsWith('.json');
      const [what, mutate] = pick(random, isJson && random(2) === 0 ? JSON_MUTATIONS : BYTE_MUTATIONS);
      const other = mainFile(all[random(all.length)]);
      bytes = mutate({ bytes, random, other, places: isJson ? [] : (places.get(from) ?? []) });
      done.push(what);
    }
    files[name] = bytes;
    yield { name: `${number} ${from.name} ${name}: ${done.join(', ')}`, manifest: from.manifest, files };
  }
}

const mainFile = ({ files }: Seed): Buffer => Object.values(files)[0];
const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)];

/** Near names: most bytes of a trained model are weights, and change nothing but numbers. */
function structuralPlaces(bytes: Buffer): number[] {
  const found: number[] = [];
  const text = bytes.toString('latin1');
  for (const { index } of text.matchAll(/[A-Za-z_/.]{3,}/g)) {
    for (let at = Math.max(0, index - 8); at < Math.min(bytes.length, index + 12); at++) found.push(at);
  }
  return found;
}

interface Material {
  bytes: Buffer;
  random: Random;
  /** Of another model. */
  other: Buffer;
  places: readonly number[];
}
type Mutation = [what: string, mutate: (material: Material) => Buffer];

const place = ({ bytes, random, places }: Material): number =>
  Math.min(bytes.length - 1, places.length > 0 && random(4) > 0 ? places[random(places.length)] : random(bytes.length));

/** Changes the byte at a place. */
const at = (change: (old: number, random: Random) => number) => (material: Material) => {
  if (material.bytes.length === 0) return material.bytes;
  const bytes = Buffer.from(material.bytes);
  const index = place(material);
  bytes[index] = change(bytes[index], material.random) & 0xff;
  return bytes;
};

const BYTE_MUTATIONS: Mutation[] = [
  ['a bit flipped', at((old, random) => old ^ (1 << random(8)))],
  ['a byte set', at((_, random) => pick(random, [0, 1, 0x7f, 0x80, 0xff, random(256)]))],
  // Lengths and numbers are varints: a small change of one moves everything behind it.
  ['a number changed', at((old, random) => old + random(9) - 4)],
  ['cut off', ({ bytes, random }) => bytes.subarray(0, random(bytes.length + 1))],
  [
    'a piece taken out',
    (material) => {
      const from = place(material);
      return Buffer.concat([material.bytes.subarray(0, from), material.bytes.subarray(from + 1 + material.random(64))]);
    },
  ],
  [
    'a piece doubled',
    (material) => {
      const { bytes } = material;
      const from = place(material);
      const to = Math.min(bytes.length, from + 1 + material.random(512));
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    },
  ],
  [
    'a piece of another model put in',
    (material) => {
      const { bytes, other, random } = material;
      const from = random(other.length);
      const to = place(material);
      return Buffer.concat([bytes.subarray(0, to), other.subarray(from, from + random(512)), bytes.subarray(to)]);
    },
  ],
  [
    'a varint made huge',
    (material) => {
      const to = place(material);
      const huge = Buffer.from([...Array.from({ length: material.random(11) }, () => 0xff), 0x7f]);
      return Buffer.concat([material.bytes.subarray(0, to), huge, material.bytes.subarray(to + 1)]);
    },
  ],
];

const VALUES = [null, -1, 0, 1e308, 2 ** 53, 0.5, '', '__proto__', '../x', 'x'.repeat(2000), [], {}, true, [[[[]]]]];

/** Changes one value somewhere in the tree; text that is no JSON stays as it is. */
const JSON_MUTATIONS: Mutation[] = [
  ['a value replaced', inTree((parent, key, random) => Object.assign(parent, { [key]: pick(random, VALUES) }))],
  ['a value removed', inTree((parent, key) => Reflect.deleteProperty(parent, key))],
  [
    'a value moved',
    inTree((parent, key, random) => Object.assign(parent, { [pick(random, Object.keys(parent))]: parent[key] })),
  ],
  ['a value wrapped', inTree((parent, key) => Object.assign(parent, { [key]: [parent[key]] }))],
];

type Tree = Record<string, unknown>;

function inTree(change: (parent: Tree, key: string, random: Random) => unknown): (material: Material) => Buffer {
  return ({ bytes, random }) => {
    let tree: unknown;
    try {
      tree = JSON.parse(bytes.toString('utf8'));
    } catch {
      return bytes;
    }
    const spots: [parent: Tree, key: string][] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const key of Object.keys(value)) {
        spots.push([value as Tree, key]);
        collect((value as Tree)[key]);
      }
    };
    collect(tree);
    if (spots.length === 0) return bytes;
    change(...pick(random, spots), random);
    return Buffer.from(JSON.stringify(tree));
  };
}
