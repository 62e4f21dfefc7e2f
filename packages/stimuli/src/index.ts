/** Stimulus sets: reading and decoding them, and turning an image into a model's input. */
export { type CoreObjectsSpikePaths, coreObjectsSpikePaths } from './bundled.js';
export { exportStimuli, type StimulusExport } from './export/export.js';
export { keepPixels, type Pixels, readPixels, writePixels } from './pixels.js';
export { type Image, placeOnScreen } from './place.js';
export { PREPROCESSING_VERSION, preprocess } from './preprocess.js';
export { type ResizeFilter, resize } from './resize.js';
export { loadStimulusSet, type Stimulus, type StimulusSet } from './stimulus-set.js';
