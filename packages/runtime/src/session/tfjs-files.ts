import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MODEL_FILE } from '@corescore/contracts';
import type { io } from '@tensorflow/tfjs-core';

/** What is read of a model.json; `readTfjsModel` has checked it. */
interface ModelJson extends io.ModelJSON {
  weightsManifest: io.WeightsManifestConfig;
}

/** Gives TensorFlow.js a model that lies in a folder: its own handler of files needs the native package. */
export function fromFolder(folder: string): io.IOHandler {
  return {
    async load(): Promise<io.ModelArtifacts> {
      const json = JSON.parse(await readFile(join(folder, MODEL_FILE.tfjs), 'utf8')) as ModelJson;
      const { weightsManifest = [], modelTopology, ...about } = json;
      const shards: Buffer[] = [];
      // The base name: nothing above the folder is ever read.
      for (const { paths } of weightsManifest) {
        for (const path of paths) shards.push(await readFile(join(folder, basename(path))));
      }
      const weights = Buffer.concat(shards);
      return {
        ...about,
        modelTopology,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
      };
    },
  };
}
