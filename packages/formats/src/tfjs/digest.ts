import { createHash } from 'node:crypto';
import { canonicalJson, type ModelFiles } from '@corescore/contracts';
import type { TfjsModel } from './model.js';
import { shardBytes } from './shards.js';

/** Says who wrote a file and how it was trained, and nothing of what it computes. */
const IDLE = [
  'generatedBy',
  'convertedBy',
  'keras_version',
  'backend',
  'training_config',
  'versions',
  'trainingConfig',
];

/**
 * SHA-256 over what a model computes: topology, signature, the specifications of its weights and their bytes, without
 * producer, training configuration and names of shards. Names of layers stay: they are what a manifest refers to.
 */
export async function tfjsSemanticDigest(model: TfjsModel, files: ModelFiles): Promise<string> {
  const hash = createHash('sha256');
  const topology = Object.entries(model.json['modelTopology'] as object).filter(([key]) => !IDLE.includes(key));
  hash.update(
    canonicalJson({
      format: model.format,
      topology: Object.fromEntries(topology),
      signature: model.json['signature'] ?? null,
      weights: (model.json['weightsManifest'] as { weights: unknown[] }[] | undefined)?.flatMap(
        ({ weights }) => weights,
      ),
    }),
  );
  for await (const bytes of shardBytes(model, files)) hash.update(bytes);
  return hash.digest('hex');
}
