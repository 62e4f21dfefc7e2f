import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { RunEvent } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunEventStream } from '../src/event-stream.js';
import { extractRun, failRun, queuedRun, scoreRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

let service: Service;
let base: string;
beforeAll(async () => {
  service = await openService();
  await service.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`;
});
afterAll(() => service.close());

/** The events of a stream, one by one, as they come. */
async function* watch(id: string, lastEventId?: number, url = base): AsyncGenerator<RunEvent> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
  const answer = await fetch(`${url}/v1/runs/${id}/events`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  let pending = '';
  const decoder = new TextDecoder();
  for await (const chunk of Readable.fromWeb(answer.body as NodeStream)) {
    pending += decoder.decode(chunk, { stream: true });
    const messages = pending.split('\n\n');
    pending = messages.pop()!;
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as RunEvent;
      expect(/^id: (\d+)$/m.exec(message)?.[1]).toBe(String(event.id));
      yield event;
    }
  }
}

async function all(events: AsyncGenerator<RunEvent>): Promise<RunEvent[]> {
  const list: RunEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const statuses = (events: RunEvent[]): string[] => events.filter((e) => e.type === 'status').map((e) => e.status);

test('a watcher sees each stage as it begins, and the stream ends with the run', async () => {
  const { id } = await queuedRun(service);
  const live = watch(id);
  expect((await live.next()).value).toMatchObject({ runId: id, type: 'status', status: 'queued' });
  // The stream is open and has told what was; what follows is told because it happens.
  await extractRun(service, id);
  const seen: RunEvent[] = [];
  while (statuses(seen).at(-1) !== 'scoring') seen.push((await live.next()).value as RunEvent);
  expect(statuses(seen)).toEqual(['extracting', 'scoring']);
  expect(seen).toContainEqual(expect.objectContaining({ type: 'progress', done: 3, total: 6, unit: 'images' }));
  await scoreRun(service, id);
  expect(statuses(await all(live))).toEqual(['scored']);
});

test('Last-Event-ID resumes after an event: none missing, none twice', async () => {
  const { id } = await queuedRun(service);
  await extractRun(service, id);
  await scoreRun(service, id);
  const whole = await all(watch(id));
  expect(statuses(whole)).toEqual(['queued', 'extracting', 'scoring', 'scored']);
  const ids = whole.map((e) => e.id);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  expect(await all(watch(id, ids[1]))).toEqual(whole.slice(2));
  expect(await all(watch(id, ids.at(-1)))).toEqual([]);
});

test('a retried run is watched to its new end, not to its old one', async () => {
  const { id } = await queuedRun(service);
  await failRun(service, id);
  expect(statuses(await all(watch(id)))).toEqual(['queued', 'failed']);
  await service.store.runs.retry(id);
  const live = watch(id);
  expect((await live.next()).value).toMatchObject({ status: 'queued' });
  await service.store.runs.cancel(id);
  expect(statuses(await all(live))).toEqual(['cancelled']);
});

test('a Last-Event-ID that is no number is refused', async () => {
  const { id } = await queuedRun(service);
  const answer = await fetch(`${base}/v1/runs/${id}/events`, { headers: { 'last-event-id': 'seven' } });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'invalid_request', field: 'header/last-event-id' });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('a quiet stream carries comments, and lets go of the run when its watcher has gone', async () => {
  const { id } = await queuedRun(service);
  const released = deferred();
  const stream = new RunEventStream(
    {
      status: async () => (await service.store.runs.view(id))!.status,
      list: (afterId, limit) => service.store.events.list(id, { afterId, limit }),
      subscribe: async (onEvent) => {
        const unsubscribe = await service.store.events.subscribe(id, onEvent);
        return async () => {
          await unsubscribe();
          released.resolve();
        };
      },
    },
    null,
    (error) => {
      throw error;
    },
  );
  await stream.start(20);
  let text = '';
  for await (const chunk of stream.body) {
    text += String(chunk);
    if (/"queued"/.test(text) && /: alive\n\n/.test(text)) break;
  }
  expect(text).toContain('retry: 1000\n\n');
  // The watcher has gone: its subscription goes, too, or this waits for ever.
  await released.promise;
});

test('closing the service ends its streams instead of waiting for them', async () => {
  const other = await openService();
  await other.app.listen({ host: '127.0.0.1', port: 0 });
  const { id } = await queuedRun(other);
  const live = watch(id, undefined, `http://127.0.0.1:${(other.app.server.address() as AddressInfo).port}`);
  expect((await live.next()).value).toMatchObject({ status: 'queued' });
  const [rest] = await Promise.all([all(live), other.close()]);
  expect(rest).toEqual([]);
});
