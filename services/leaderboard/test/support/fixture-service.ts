import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchmarkView, Leaderboard, Problem, QueueView, RunEvent, RunView } from '@corescore/contracts';
import { build } from 'vite';
import { benchmark, imagesOfRun, leaderboard, models, runs, seriesOfRun } from './fixtures.js';

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** As strict as the service's own: what the page does against it fails here, too. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'";
export const GOOD_TOKEN = 'good-token';

const problem = (status: number, code: string, title: string, detail: string, remedy: string): Problem => ({
  type: `urn:corescore:problem:${code}`,
  title,
  status,
  detail,
  code,
  remedy,
});

/** The built page, and fixtures where the service's answers would be: the page is what is tested, not the service. */
export class FixtureService {
  url = '';
  benchmarks: BenchmarkView[] = [benchmark];
  board: Leaderboard = leaderboard;
  queues: QueueView[] = [];
  runs = new Map<string, RunView>(runs.map((run) => [run.id, run]));
  /** While true every call of `/v1` is answered with 503. */
  broken = false;

  /** Answers as in the beginning. */
  reset(): void {
    this.benchmarks = [benchmark];
    this.queues = [];
    this.board = leaderboard;
    this.runs = new Map(runs.map((run) => [run.id, run]));
    this.broken = false;
  }

  readonly #dist = mkdtempSync(join(tmpdir(), 'corescore-page-'));
  readonly #streams = new Map<string, Set<ServerResponse>>();
  #server: Server | undefined;
  #lastEventId = 0;

  async start(): Promise<void> {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: this.#dist } });
    this.#server = createServer((request, response) => this.#answer(request, response));
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    rmSync(this.#dist, { recursive: true, force: true });
  }

  /** How many pages watch a run. */
  watchers(runId: string): number {
    return this.#streams.get(runId)?.size ?? 0;
  }

  emit(runId: string, event: Omit<RunEvent, 'id' | 'runId' | 'at'>): void {
    this.#lastEventId += 1;
    const full: RunEvent = { id: this.#lastEventId, runId, at: new Date().toISOString(), ...event };
    for (const stream of this.#streams.get(runId) ?? [])
      stream.write(`id: ${full.id}\ndata: ${JSON.stringify(full)}\n\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.url);
    if (url.pathname.startsWith('/v1/')) this.#call(request, url, response);
    else this.#file(url.pathname, response);
  }

  #file(path: string, response: ServerResponse): void {
    const type = TYPES[extname(path)];
    const name = type === undefined ? 'index.html' : path.slice(1);
    response.writeHead(200, { 'content-type': type ?? 'text/html', 'content-security-policy': POLICY });
    response.end(readFileSync(join(this.#dist, name)));
  }

  #call(request: IncomingMessage, url: URL, response: ServerResponse): unknown {
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
      response.end(JSON.stringify(body));
    };
    const missing = () =>
      json(404, problem(404, 'not_found', 'Not found', `There is no ${url.pathname}.`, 'Check the address.'));
    const give = (body: unknown) => (body == null ? missing() : json(200, body));
    if (this.broken) {
      return json(
        503,
        problem(503, 'unavailable', 'The service is not ready', 'The database is away.', 'Try again in a moment.'),
      );
    }
    const [, , resource, first, second] = url.pathname.split('/');
    if (resource === 'queues') return give({ items: this.queues, nextCursor: null });
    if (resource === 'benchmarks') return give({ items: this.benchmarks, nextCursor: null });
    if (resource === 'leaderboard') return give({ ...this.board, benchmark: url.searchParams.get('benchmark')! });
    if (resource === 'models') return give(models.find((m) => m.owner === first && m.name === second));
    const run = this.runs.get(first ?? '');
    if (resource !== 'runs' || run === undefined) return missing();
    if (second === undefined) return give(run);
    if (second === 'series') return give({ runId: run.id, series: seriesOfRun(run.id) });
    if (second === 'images') return give(imagesOfRun(run.id));
    if (second === 'events') return this.#watch(run.id, response);
    if (second !== 'cancel') return missing();
    if (request.headers.authorization !== `Bearer ${GOOD_TOKEN}`) {
      return json(
        401,
        problem(401, 'token_invalid', 'The token is not known', 'The token is not known here.', 'Use the local token.'),
      );
    }
    const cancelled: RunView = { ...run, status: 'cancelled', progress: null, endedAt: new Date().toISOString() };
    this.runs.set(run.id, cancelled);
    return give(cancelled);
  }

  #watch(runId: string, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 100\n\n');
    const streams = this.#streams.get(runId) ?? new Set();
    this.#streams.set(runId, streams.add(response));
    response.once('close', () => streams.delete(response));
  }
}
