import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadAtlas } from './atlas.js';
import { createRenderer, type GeneratedImage } from './render.js';
import { checkOptions, type GeneratorOptions } from './sets.js';

/** Images between two turns of the event loop: some 20 ms at 64 px. */
const AT_ONCE = 16;

/**
 * Makes the images of a set one after the other, in the order of their index. Any image can be made alone and is the
 * same: `createRenderer(atlas, seed, size)(set, index)`.
 * @throws CorescoreError `unknown_image_set`, `generator_option`, `source_mismatch`
 */
export async function* generateSet(options: GeneratorOptions, signal?: AbortSignal): AsyncGenerator<GeneratedImage> {
  const { set, seed, size, count } = checkOptions(options);
  const render = createRenderer(await loadAtlas(), seed, size);
  for (let index = 0; index < count; index++) {
    if (index % AT_ONCE === 0) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    yield render(set, index);
  }
}
