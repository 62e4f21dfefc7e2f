import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RunEvent, RunStatus } from '@corescore/contracts';
import { expect, test } from 'vitest';
import { createClient, NetworkError, RequestError, type WatchOptions } from '../src/index.js';
import { parseEventStream } from '../src/sse.js';
import { closedPort, json, peer } from './peer.js';

const RUN = '01890000-0000-7000-8000-000000000001';
const event = (id: number, status: RunStatus, type: RunEvent['type'] = 'status'): RunEvent => ({
  id,
  runId: RUN,
  at: '2026-01-01T00:00:00.000Z',
  type,
  status,
});
const frame = (e: RunEvent) => `id: ${e.id}\ndata: ${JSON.stringify(e)}\n\n`;
const open = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });

async function collect(url: string, options: WatchOptions = {}): Promise<number[]> {
  const ids: number[] = [];
  for await (const e of createClient({ url }).watchRun(RUN, { retryMs: 1, ...options })) ids.push(e.id);
  return ids;
}

test('a dropped connection is resumed after the last event: none missed, none told twice', async () => {
  const resumedAfter: (string | undefined)[] = [];
  const url = await peer((request, response) => {
    resumedAfter.push(request.headers['last-event-id'] as string | undefined);
    open(response);
    if (resumedAfter.length === 1) {
      response.write(frame(event(1, 'queued')) + frame(event(2, 'extracting')));
      // The third event is cut in its middle: it must come whole with the next connection.
      response.write(frame(event(3, 'scoring')).slice(0, 20), () => response.destroy());
    } else if (resumedAfter.length === 2) {
      response.destroy();
    } else {
      // An over-careful server repeats an event that was seen.
      response.end(frame(event(2, 'extracting')) + frame(event(3, 'scoring')) + frame(event(4, 'scored')));
    }
  });
  expect(await collect(url)).toEqual([1, 2, 3, 4]);
  expect(resumedAfter).toEqual([undefined, '2', '2']);
});

test('the watch ends with the run, though the server keeps the connection open', async () => {
  const url = await peer((_, response) => {
    open(response).write(`retry: 1\n\n: hello\n\n${frame(event(7, 'failed'))}`);
  });
  expect(await collect(url)).toEqual([7]);
});

test('progress within a run that ends is not taken for its end', async () => {
  const url = await peer((_, response) => {
    open(response).end(frame(event(1, 'scored', 'progress')) + frame(event(2, 'scored')));
  });
  expect(await collect(url)).toEqual([1, 2]);
});

test('a stream without news of a run that is over ends, too', async () => {
  const url = await peer((request, response) => {
    if (request.url?.endsWith('/events')) open(response).end();
    else json(response, 200, { id: RUN, status: 'scored' });
  });
  expect(await collect(url, { lastEventId: 9 })).toEqual([]);
});

test('an unknown run is told at once, a service in trouble only after several tries', async () => {
  let calls = 0;
  const url = await peer((request, response) => {
    calls += 1;
    const status = request.headers['last-event-id'] === '5' ? 503 : 404;
    json(response, status, {
      type: 'x',
      title: 't',
      status,
      detail: 'd',
      code: status === 404 ? 'not_found' : 'unavailable',
    });
  });
  await expect(collect(url)).rejects.toThrow(RequestError);
  expect(calls).toBe(1);
  await expect(collect(url, { lastEventId: 5, maxFailures: 2 })).rejects.toMatchObject({ code: 'unavailable' });
  expect(calls).toBe(4);
});

test('a service that stays away ends in a NetworkError', async () => {
  await expect(collect(await closedPort(), { maxFailures: 1 })).rejects.toThrow(NetworkError);
});

test('a silent connection is taken for dead and opened again', async () => {
  let connections = 0;
  const url = await peer((_, response) => {
    connections += 1;
    open(response);
    if (connections === 1) response.write(frame(event(1, 'queued')));
    else response.end(frame(event(2, 'cancelled')));
  });
  expect(await collect(url, { idleMs: 500 })).toEqual([1, 2]);
  // On a busy machine the second one may seem silent, too.
  expect(connections).toBeGreaterThanOrEqual(2);
});

test('the caller ends the watch, while it waits for events and while it waits to reconnect', async () => {
  const stop = new AbortController();
  const url = await peer((_, response) => {
    open(response).write(frame(event(1, 'queued')), () => stop.abort(new Error('enough')));
  });
  await expect(collect(url, { signal: stop.signal })).rejects.toThrow('enough');

  const later = new AbortController();
  const away = collect(await closedPort(), { signal: later.signal, retryMs: 60_000 });
  setTimeout(() => later.abort(new Error('enough')), 20);
  await expect(away).rejects.toThrow('enough');
});

test('the caller is heard after a garbage collection, too', async () => {
  // Node's fetch holds the signal of a request weakly: collected, it would let an abort of minutes later go unheard.
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const stop = new AbortController();
  const url = await peer((_, response) => {
    open(response).write(frame(event(1, 'queued')));
  });
  const watched = collect(url, { signal: stop.signal });
  watched.catch(() => undefined);
  for (let i = 0; i < 5; i += 1) {
    await sleep(20);
    collectGarbage();
  }
  stop.abort(new Error('enough'));
  await expect(watched).rejects.toThrow('enough');
});

test('server-sent events parse as the HTML standard says, wherever chunks are cut', async () => {
  const text =
    ': comment\r\nid: 1\r\ndata: a\r\ndata:  b\r\n\r\nevent: x\rdata\r\rretry: 20\nid\ndata: é\n\ndata: cut off';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
        controller.close();
      },
    });
    const events = [];
    for await (const e of parseEventStream(body)) events.push(e);
    expect(events).toEqual([
      { id: '1', event: 'message', data: 'a\n b', retryMs: undefined },
      { id: '1', event: 'x', data: '', retryMs: undefined },
      { id: '', event: 'message', data: 'é', retryMs: 20 },
    ]);
  }
});
