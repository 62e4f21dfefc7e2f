import { createHash } from 'node:crypto';
import { CorescoreError, canonicalJson } from '@corescore/contracts';
import type { ZooConfig } from '../network/config.js';
import { elementsOf, type ParameterSpec } from '../parameters/specs.js';
import type { MomentValues } from './adam.js';

/** What a training is of: a checkpoint belongs to exactly one. */
export interface TrainingIdentity {
  recipe: string;
  config: ZooConfig;
  seed: number;
  /** SHA-256 of the training images' pixels. */
  images: string;
  /** Name and version: another backend rounds otherwise. */
  backend: string;
}

/** Where a training stands, and all that it needs to go on from there to the same result. */
export interface Checkpoint {
  identity: TrainingIdentity;
  /** From 0. */
  stage: number;
  /** Batches of the stage that are done. */
  batch: number;
  weights: ReadonlyMap<string, Float32Array>;
  moments: ReadonlyMap<string, MomentValues>;
  /** Points of the curve so far. */
  curve: readonly unknown[];
}

const MAGIC = 'corescore checkpoint 1\n';
const HASH_BYTES = 32;

/** Magic line, SHA-256 of the rest, length of the header (uint32, little-endian), header (JSON), float32 values. */
export function encodeCheckpoint(specs: readonly ParameterSpec[], point: Checkpoint): Uint8Array {
  const updates = specs.map(({ name }) => point.moments.get(name)!.updates);
  const { identity, stage, batch, curve } = point;
  const header = Buffer.from(canonicalJson({ identity, stage, batch, curve, updates }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const values = specs.flatMap(({ name }) => {
    const { first, second } = point.moments.get(name)!;
    return [point.weights.get(name)!, first, second].map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength));
  });
  const body = Buffer.concat([length, header, ...values]);
  return Buffer.concat([Buffer.from(MAGIC), createHash('sha256').update(body).digest(), body]);
}

/**
 * @param expected the training that wants to go on
 * @throws CorescoreError `checkpoint_refused` for a damaged checkpoint and for one of another training
 */
export function decodeCheckpoint(
  specs: readonly ParameterSpec[],
  bytes: Uint8Array,
  expected: TrainingIdentity,
): Checkpoint {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = whole.subarray(MAGIC.length + HASH_BYTES);
  const digest = whole.subarray(MAGIC.length, MAGIC.length + HASH_BYTES);
  if (
    whole.toString('latin1', 0, MAGIC.length) !== MAGIC ||
    !createHash('sha256').update(body).digest().equals(digest)
  ) {
    throw refused('The checkpoint is damaged.', 'Remove it: the training then starts anew.');
  }
  const end = 4 + body.readUInt32LE(0);
  const { updates, ...header } = JSON.parse(body.toString('utf8', 4, end)) as Omit<
    Checkpoint,
    'weights' | 'moments'
  > & {
    updates: number[];
  };
  refuseOther(header.identity, expected);
  const [weights, moments] = [new Map<string, Float32Array>(), new Map<string, MomentValues>()];
  let at = end;
  const take = (count: number): Float32Array => {
    const values = new Float32Array(body.buffer.slice(body.byteOffset + at, body.byteOffset + at + 4 * count));
    at += 4 * count;
    return values;
  };
  specs.forEach(({ name, shape }, i) => {
    const count = elementsOf(shape);
    weights.set(name, take(count));
    moments.set(name, { first: take(count), second: take(count), updates: updates[i]! });
  });
  return { ...header, weights, moments };
}

const WORDS: Record<keyof TrainingIdentity, string> = {
  recipe: 'recipe',
  config: 'architecture',
  seed: 'seed',
  images: 'images',
  backend: 'backend',
};

function refuseOther(found: TrainingIdentity, expected: TrainingIdentity): void {
  for (const key of Object.keys(WORDS) as (keyof TrainingIdentity)[]) {
    const [there, here] = [canonicalJson(found[key]), canonicalJson(expected[key])];
    if (there === here) continue;
    throw refused(
      `The checkpoint is of another ${WORDS[key]}: ${there}; this training has ${here}.`,
      'Go on with what it was begun with, or name another folder.',
    );
  }
}

const refused = (detail: string, remedy: string): CorescoreError =>
  new CorescoreError('checkpoint_refused', detail, { field: 'checkpoint', remedy });
