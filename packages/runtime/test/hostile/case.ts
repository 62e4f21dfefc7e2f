import type { NetworkManifest, TfjsManifest } from '@corescore/contracts';
import type { Limits } from '../../src/index.js';
import { manifest, SIDE } from '../models.js';

/** A model that means harm, or is broken, and what must be said of it. */
export type HostileCase = {
  name: string;
  manifest: NetworkManifest;
  /** Under the names that the version gives them. */
  files: Record<string, Uint8Array>;
} & (
  | { /** Code with which it is refused at upload. */ refused: string }
  | { /** It passes there, and its run fails so. */ fails: { kind: string; code: string }; limits?: Partial<Limits> }
);

/** Manifests of one region, under a name made of the case's. */
export function about(name: string): NetworkManifest {
  return manifest({ name: slug(name) });
}

export function tfjsAbout(name: string): TfjsManifest {
  const { kind: _, ...rest } = manifest({ name: slug(name) });
  return { ...rest, kind: 'tfjs', input: { ...rest.input, layout: 'NHWC', size: [SIDE, SIDE] } };
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
