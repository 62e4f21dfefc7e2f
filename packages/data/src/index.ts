/** Stimulus sets that are made, not recorded. */
export { ATLAS_DIGEST, type Atlas, loadAtlas } from './generate/atlas.js';
export { OBJECTS, type ObjectName, type Source } from './generate/designs.js';
export { generateSet } from './generate/generate-set.js';
export { createRenderer, type GeneratedImage, LEGIBLE } from './generate/render.js';
export {
  BANDS,
  type Band,
  checkOptions,
  GENERATOR_VERSION,
  type GeneratorOptions,
  IMAGE_SETS,
  type ImageSetName,
} from './generate/sets.js';
export { type SetDescription, type WrittenSet, writeSet } from './generate/write-set.js';
