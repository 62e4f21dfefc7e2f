import { isTerminal, type RunEvent } from '@corescore/contracts';
import { useEffect, useRef, useState } from 'react';
import { paths } from './paths.js';

export type Connection = 'off' | 'connecting' | 'live' | 'lost';

/**
 * Events of a run while `active`. The browser reconnects by itself and resumes after the last event (`Last-Event-ID`);
 * the stream is closed at a terminal event, or it would be reopened for ever.
 */
export function useRunEvents(runId: string, active: boolean, onEvent: (event: RunEvent) => void): Connection {
  const [connection, setConnection] = useState<Connection>('off');
  const handler = useRef(onEvent);
  handler.current = onEvent;

  useEffect(() => {
    if (!active) {
      setConnection('off');
      return;
    }
    setConnection('connecting');
    const source = new EventSource(paths.runEvents(runId));
    source.onopen = () => setConnection('live');
    source.onerror = () => setConnection('lost');
    source.onmessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as RunEvent;
      handler.current(event);
      if (event.type === 'status' && isTerminal(event.status)) source.close();
    };
    return () => source.close();
  }, [runId, active]);

  return connection;
}
