import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ActivationsManifest } from '@corescore/contracts';
import { makeFolder, writeAtomically } from '@corescore/contracts/files';
import { writeNpyFloat32 } from '@corescore/formats';
import { coreObjectsSpikePaths } from '@corescore/stimuli';
import { REFERENCE_MODELS } from './core-objects.js';
import { readSimulatedIt } from './target.js';

export interface BundledModel {
  name: string;
  manifestPath: string;
  modelPath: string;
  /** Whether a new board shows it; the others are further forms of a network that it shows. */
  onBoard: boolean;
}

export interface BundledActivations {
  name: string;
  manifestPath: string;
  files: string[];
}

const ON_BOARD = ['bl-64', 'ff-64', 'ffdeep-64'];
/** bl-64 again, with a step axis and with a state that the host loops. */
const FURTHER_FORMS = ['bl-64-stepaxis', 'bl-64-stateful'];

/** The reference networks that ship with the project, in the order in which a new board shows them. */
export function bundledModels(): BundledModel[] {
  const folder = fileURLToPath(new URL('../../data/models/', import.meta.url));
  return [...ON_BOARD, ...FURTHER_FORMS].map((name) => ({
    name,
    manifestPath: join(folder, `${name}.json`),
    modelPath: join(folder, `${name}.onnx`),
    onBoard: ON_BOARD.includes(name),
  }));
}

/** Draw `draw` of the simulated IT population as a submission of activations, written to `dir`. */
async function writeSimulatedIt(dir: string, draw: number): Promise<BundledActivations> {
  const it = await readSimulatedIt(coreObjectsSpikePaths().targetPath);
  const manifest: ActivationsManifest = {
    manifestVersion: 1,
    name: REFERENCE_MODELS.it,
    kind: 'activations',
    description: `draw ${draw + 1} of the simulated IT population; the target is made of the other draws`,
    clock: { windowsMs: it.bins.map((b): [number, number] => [b.startMs, b.endMs]) },
    stimuli: { set: 'core-objects-spike', ids: 'ids.txt' },
    regions: { IT: { file: 'it.npy', axes: ['step', 'stimulus', 'feature'] } },
  };
  await makeFolder(dir);
  const files = { array: join(dir, 'it.npy'), ids: join(dir, 'ids.txt'), manifest: join(dir, 'corescore.json') };
  await writeNpyFloat32(files.array, [it.bins.length, it.stimulusIds.length, it.sites], it.draw(draw));
  await writeAtomically(files.ids, `${it.stimulusIds.join('\n')}\n`);
  await writeAtomically(files.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  return { name: manifest.name, manifestPath: files.manifest, files: [files.array, files.ids] };
}

/** Activations that belong on the board of `benchmarkRef` (IT itself), written below `dir`. */
export async function bundledActivations(benchmarkRef: string, dir: string): Promise<BundledActivations[]> {
  if (benchmarkRef.split('@')[0] !== 'core-objects-ost') return [];
  return [await writeSimulatedIt(join(dir, REFERENCE_MODELS.it), 0)];
}
