export type { ModelSession, Recorded, SessionDescription } from './model-session.js';
export { openSession, type SessionOptions } from './open-session.js';
export { startTfjs } from './tfjs-backend.js';
