import { tfjsConformance } from './tfjs-provider.js';

await tfjsConformance('wasm');
