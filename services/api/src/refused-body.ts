import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { App } from './context.js';

/** So much of a body that nobody wants is read, for the sake of the connection, or of a client that sends before it listens. */
const SMALL_BYTES = 64 * 1024;
const LINGER_BYTES = 1024 * 1024;
/** How long a client has to read the answer before its connection is cut. */
const LINGER_MS = 2_000;

/**
 * A request that is answered before its body is read (no token, too large, too many) does not get it read: a client that
 * asks first (`Expect: 100-continue`) is told not to send it, and the connection of one that sends is closed.
 */
export function leaveRefusedBodies(app: App): void {
  /** Requests whose body is sent once they are told to go on. */
  const awaited = new WeakSet<IncomingMessage>();
  app.server.on('checkContinue', (request, response) => {
    awaited.add(request);
    app.routing(request, response);
  });
  // After the hooks that refuse, before whoever reads.
  app.addHook('preParsing', async (request, reply, payload) => {
    if (awaited.delete(request.raw)) reply.raw.writeContinue();
    return payload;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { raw } = request;
    if (!hasMore(raw) || !(raw.socket instanceof Socket)) return payload;
    reply.header('connection', 'close');
    closeUnread(raw, raw.socket, awaited.has(raw));
    return payload;
  });
}

/** Whether more of the body is to come than is worth a connection. */
function hasMore(raw: IncomingMessage): boolean {
  if (raw.complete || raw.destroyed) return false;
  const length = raw.headers['content-length'];
  return length === undefined ? raw.headers['transfer-encoding'] !== undefined : Number(length) > SMALL_BYTES;
}

/**
 * Node would read the body to its end first, or reset the connection and with it the answer. Here the answer and the end
 * of the stream are sent at once, a little more is read, and then the connection is cut.
 */
function closeUnread(raw: IncomingMessage, socket: Socket, isWithheld: boolean): void {
  let read = 0;
  raw.unpipe();
  raw.on('data', (chunk: Buffer) => {
    read += chunk.length;
    // The window of the connection fills, and the client has to stop.
    if (read > LINGER_BYTES) raw.pause();
  });
  socket.destroySoon = () => {
    socket.end();
    if (raw.complete || isWithheld) {
      socket.once('finish', () => socket.destroy());
      return;
    }
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    raw.once('end', () => socket.destroy());
    socket.once('close', () => clearTimeout(cut));
  };
}
