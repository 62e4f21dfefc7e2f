import { readFile, stat } from 'node:fs/promises';
import { type ActivationsManifest, CorescoreError, type ModelFiles } from '@corescore/contracts';

/** The stimulus set that activations are checked against. */
export interface StimulusIds {
  identifier: string;
  digest: string;
  ids: readonly string[];
}

const FIELD = '/stimuli/ids';
const LONGEST_FILE = 64 << 20;
const SHOWN = 5;

/**
 * The ids of an ids file in its order: each id of the stimulus set exactly once.
 * @throws CorescoreError `stimulus_set_mismatch`, `file_missing`, `file_empty`, `stimulus_repeated`, `stimulus_unknown`,
 * `stimulus_missing`
 */
export async function readStimulusIds(
  manifest: ActivationsManifest,
  files: ModelFiles,
  set: StimulusIds,
): Promise<string[]> {
  if (manifest.stimuli.set !== set.identifier && manifest.stimuli.set !== set.digest) {
    throw new CorescoreError(
      'stimulus_set_mismatch',
      `The activations are for the stimulus set ${manifest.stimuli.set}, the benchmark shows ${set.identifier}.`,
      { field: '/stimuli/set', remedy: `Compute them for the images of ${set.identifier} (digest ${set.digest}).` },
    );
  }
  const ids = await linesOf(files, manifest.stimuli.ids);
  const known = new Set(set.ids);
  const lineOf = new Map<string, number>();
  for (const [i, id] of ids.entries()) {
    const before = lineOf.get(id);
    if (before !== undefined) {
      throw new CorescoreError('stimulus_repeated', `The id "${id}" is on the lines ${before} and ${i + 1}.`, {
        field: FIELD,
        remedy: 'List each stimulus id once, in the order of the rows of the arrays.',
      });
    }
    if (!known.has(id)) {
      throw new CorescoreError('stimulus_unknown', `The id "${id}" (line ${i + 1}) is not in ${set.identifier}.`, {
        field: FIELD,
        remedy: `List the ids of ${set.identifier} as they are, for example "${set.ids[0]}".`,
      });
    }
    lineOf.set(id, i + 1);
  }
  const missing = set.ids.filter((id) => !lineOf.has(id));
  if (missing.length > 0) {
    const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
    throw new CorescoreError(
      'stimulus_missing',
      `${missing.length} of the ${set.ids.length} stimuli are missing: ${missing.slice(0, SHOWN).join(', ')}${more}.`,
      { field: FIELD, remedy: `Send activations for every image of ${set.identifier}.` },
    );
  }
  return ids;
}

async function linesOf(files: ModelFiles, name: string): Promise<string[]> {
  const path = await requireFile(files, name, FIELD);
  if ((await stat(path)).size > LONGEST_FILE) {
    throw new CorescoreError('file_format', `${name} is over 64 MiB long.`, {
      field: FIELD,
      remedy: 'Send one stimulus id a line and nothing else.',
    });
  }
  const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  return text
    .replace(/\s+$/, '')
    .split(/\r?\n/)
    .map((line) => line.trim());
}

/**
 * Path of a file of the version.
 * @throws CorescoreError `file_missing`, `file_empty`
 */
export async function requireFile(files: ModelFiles, name: string, field: string): Promise<string> {
  const path = files[name];
  const size = await (path === undefined ? Promise.reject() : stat(path)).then(
    (found) => found.size,
    () => null,
  );
  if (path === undefined || size === null) {
    throw new CorescoreError('file_missing', `The manifest names ${name}, which was not sent.`, {
      field,
      remedy: `Send ${name} with the manifest, or name the file that you sent.`,
    });
  }
  if (size === 0) {
    throw new CorescoreError('file_empty', `${name} is empty.`, {
      field,
      remedy: 'Write it again and check its size.',
    });
  }
  return path;
}
