import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { redisConnection } from '../src/queues/connection.js';

/**
 * What can be held to without a Redis: that one which is away, or hangs up, costs a request an error and not its life.
 * Delivery itself is BullMQ's, and the same code runs in queues.test.ts on Postgres.
 */
test('a producer whose Redis is away is told so instead of waiting, and closes at once', async () => {
  const errors: Error[] = [];
  let greeted = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    greeted++;
    sockets.add(socket.on('error', () => undefined));
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const connection = redisConnection(`redis://127.0.0.1:${port}`, 'corescore', (error) => errors.push(error));
  const queue = connection.queue('extract');
  queue.on('error', (error) => errors.push(error));
  await expect(queue.add('run', { runId: 'r', attempt: 1 }, { jobId: 'r-extract-1' })).rejects.toThrow();
  expect(greeted).toBeGreaterThan(0);
  expect(errors.length).toBeGreaterThan(0);
  await connection.close();
  await new Promise((resolve) => server.close(resolve));
});
