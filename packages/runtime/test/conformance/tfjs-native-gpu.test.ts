import { tfjsConformance } from './tfjs-provider.js';

await tfjsConformance('native-gpu');
