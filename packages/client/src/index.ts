/** Client of a corescore service. Imports nothing of Node; uploading from disk is under `@corescore/client/node`. */
export type * from './api.generated.js';
export { type CorescoreClient, createClient, type Page } from './client.js';
export { NetworkError, RequestError } from './errors.js';
export type { Fetch, TransportOptions } from './transport.js';
export type { WatchOptions } from './watch.js';
