import { conformanceOn } from './provider.js';

await conformanceOn('tfjs', 'webgpu');
