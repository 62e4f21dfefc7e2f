/** How often a worker says that it takes jobs, and how long it is believed, unless its process is gone before. */
export const WORKER_SAYS_EVERY_MS = 10_000;
export const WORKER_BELIEVED_SECONDS = 30;
