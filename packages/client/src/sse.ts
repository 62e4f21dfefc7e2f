/** One event of a `text/event-stream`; `retryMs` is the reconnection time the server last asked for. */
export interface ServerSentEvent {
  id: string | undefined;
  event: string;
  data: string;
  retryMs: number | undefined;
}

/**
 * Parses a `text/event-stream` (HTML standard, "Server-sent events"): lines may end in LF, CR or CRLF and may be
 * split anywhere over chunks; comments are dropped; an event without its closing empty line is dropped, too.
 */
export async function* parseEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  let id: string | undefined;
  let event = '';
  let retryMs: number | undefined;
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += decoder.decode(value, { stream: true });
      for (;;) {
        const match = /\r\n|\n|\r(?=[\s\S])/.exec(pending);
        if (match === null) break;
        const line = pending.slice(0, match.index);
        pending = pending.slice(match.index + match[0].length);
        if (line === '') {
          if (data.length > 0) yield { id, event: event === '' ? 'message' : event, data: data.join('\n'), retryMs };
          event = '';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon === -1 ? line : line.slice(0, colon);
        const text = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'data') data.push(text);
        else if (field === 'event') event = text;
        else if (field === 'id' && !text.includes('\0')) id = text;
        else if (field === 'retry' && /^\d+$/.test(text)) retryMs = Number(text);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
