export { checkRoom, diskFull, freeBytes, isDiskFull } from './disk-room.js';
export { findBinaries } from './embedded/binaries.js';
export { reachEmbeddedPostgres } from './embedded/reach.js';
export { startEmbeddedPostgres } from './embedded/start.js';
export { openStore } from './open.js';
export { mayPass } from './postgres/database.js';
export { meanSolutionTimes, rankBoard } from './repositories/leaderboard.js';
export * from './types.js';
