import {
  type BenchmarkView,
  type ImageResults,
  isTerminal,
  type Leaderboard,
  type ModelSummary,
  type ModelView,
  type QueueView,
  type Receipt,
  type RunEvent,
  type RunView,
  type Scope,
  type Series,
  type SubmissionRequest,
  type SubmissionView,
  type TokenView,
} from '@corescore/contracts';
import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './api.generated.js';
import { NetworkError, problemFrom, RequestError, rootMessage } from './errors.js';
import { createTransport, type TransportOptions } from './transport.js';
import { type WatchOptions, watchEvents } from './watch.js';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** What one may ask of a service. Every call rejects with `RequestError` or `NetworkError`. */
export interface CorescoreClient {
  /** Address of the service, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  /** The generated, typed client below, for calls that have no method here. Its `data` is there or it rejects. */
  readonly http: Client<paths>;

  listBenchmarks(): Promise<BenchmarkView[]>;
  /** @param ref `id@version`, or `id` for its newest version */
  getBenchmark(ref: string): Promise<BenchmarkView>;
  leaderboard(benchmark: string): Promise<Leaderboard>;
  leaderboardCsv(benchmark: string): Promise<string>;

  /** Workers and jobs of each queue. */
  listQueues(): Promise<QueueView[]>;

  listModels(page?: { cursor?: string; limit?: number }): Promise<Page<ModelSummary>>;
  getModel(owner: string, name: string): Promise<ModelView>;

  /** The same key with the same request answers with the same submission. */
  submit(request: SubmissionRequest, options: { idempotencyKey: string }): Promise<SubmissionView>;
  getSubmission(id: string): Promise<SubmissionView>;

  getRun(id: string): Promise<RunView>;
  cancelRun(id: string): Promise<RunView>;
  retryRun(id: string): Promise<RunView>;
  runImages(id: string): Promise<ImageResults>;
  runSeries(id: string): Promise<Series[]>;
  runReceipt(id: string): Promise<Receipt>;
  /** Events until the run has ended; survives dropped connections without missing or repeating one. */
  watchRun(id: string, options?: WatchOptions): AsyncIterable<RunEvent>;

  listTokens(): Promise<TokenView[]>;
  /** `secret` is in this answer and nowhere else. */
  createToken(request: {
    name: string;
    owner: string;
    scopes: Scope[];
    expiresAt?: string;
  }): Promise<{ token: TokenView; secret: string }>;
  revokeToken(id: string): Promise<TokenView>;
}

/** A client of the service at `url`; runs in browsers and in Node. Uploading is in `@corescore/client/node`. */
export function createClient(options: TransportOptions): CorescoreClient {
  const url = options.url.replace(/\/+$/, '');
  const send = createTransport({ ...options, url });
  const http = createFetchClient<paths>({ baseUrl: url, fetch: send });
  const byId = (id: string) => ({ params: { path: { id } } });
  const getRun = (id: string) => answer(http.GET('/v1/runs/{id}', byId(id)));

  return {
    url,
    token: options.token,
    http,

    listBenchmarks: async () => (await answer(http.GET('/v1/benchmarks'))).items,
    getBenchmark: (ref) => answer(http.GET('/v1/benchmarks/{id}', byId(ref))),
    leaderboard: (benchmark) =>
      answer(http.GET('/v1/leaderboard', { params: { query: { benchmark } } })) as Promise<Leaderboard>,
    leaderboardCsv: (benchmark) =>
      answer(http.GET('/v1/leaderboard', { params: { query: { benchmark, format: 'csv' } }, parseAs: 'text' })),

    listQueues: async () => (await answer(http.GET('/v1/queues'))).items,

    listModels: (page = {}) => answer(http.GET('/v1/models', { params: { query: page } })),
    getModel: (owner, name) => answer(http.GET('/v1/models/{owner}/{name}', { params: { path: { owner, name } } })),

    submit: (body, { idempotencyKey }) =>
      answer(http.POST('/v1/submissions', { body, params: { header: { 'idempotency-key': idempotencyKey } } })),
    getSubmission: (id) => answer(http.GET('/v1/submissions/{id}', byId(id))),

    getRun,
    cancelRun: (id) => answer(http.POST('/v1/runs/{id}/cancel', byId(id))),
    retryRun: (id) => answer(http.POST('/v1/runs/{id}/retry', byId(id))),
    runImages: (id) => answer(http.GET('/v1/runs/{id}/images', byId(id))) as Promise<ImageResults>,
    runSeries: async (id) => (await answer(http.GET('/v1/runs/{id}/series', byId(id)))).series,
    runReceipt: (id) => answer(http.GET('/v1/runs/{id}/receipt', byId(id))),
    watchRun: (id, watch) =>
      watchEvents(
        `${url}/v1/runs/${encodeURIComponent(id)}/events`,
        send,
        async () => isTerminal((await getRun(id)).status),
        watch,
      ),

    listTokens: async () => (await answer(http.GET('/v1/tokens'))).items,
    createToken: (body) => answer(http.POST('/v1/tokens', { body })),
    revokeToken: (id) => answer(http.DELETE('/v1/tokens/{id}', byId(id))),
  };
}

/** The body of a call. An error status has been thrown by the transport; what is left is an answer cut off or not ours. */
async function answer<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  try {
    const { data, response } = await call;
    if (data !== undefined) return data;
    throw new RequestError(problemFrom(response.status, null, ''));
  } catch (error) {
    if (error instanceof RequestError || error instanceof NetworkError) throw error;
    throw new NetworkError(`The answer of the service cannot be read: ${rootMessage(error)}`, { cause: error });
  }
}
