import Type, { type Static } from 'typebox';
import { CorescoreError } from './problem.js';

/**
 * Queue names, the one list of them: settings, workers, `/readyz` and `/v1/queues` follow it. A job carries ids only,
 * the row is the truth (DESIGN, decision 2).
 */
export const QUEUES = ['extract', 'score'] as const;
export type QueueName = (typeof QUEUES)[number];

export const QueueView = Type.Object({
  queue: Type.Enum([...QUEUES]),
  workers: Type.Integer({ description: 'that take jobs of this queue now' }),
  waiting: Type.Integer({ description: 'jobs in the queue' }),
  active: Type.Integer({ description: 'jobs being done' }),
});
export type QueueView = Static<typeof QueueView>;

export interface RunJob {
  runId: string;
}

/**
 * `extract,score` -> ['extract', 'score'], in the order of `QUEUES`
 * @param field the setting or flag that the text is of
 * @throws CorescoreError `configuration` for a name that is no queue, or one given twice
 */
export function parseQueues(text: string, field: string): QueueName[] {
  const names = text.split(',').map((name) => name.trim());
  const known: readonly string[] = QUEUES;
  const wrong = names.find((name, i) => !known.includes(name) || names.indexOf(name) !== i);
  if (wrong === undefined) return QUEUES.filter((queue) => names.includes(queue));
  throw new CorescoreError(
    'configuration',
    `${field} is "${text}": "${wrong}" is not a queue, or stands there twice.`,
    {
      field,
      remedy: `List some of ${known.join(', ')}, separated by commas.`,
    },
  );
}

/**
 * What an operator reads of queues without a worker; null where every queue has one.
 * @param served workers of each queue
 */
export function unservedQueues(
  served: readonly Pick<QueueView, 'queue' | 'workers'>[],
): { detail: string; remedy: string } | null {
  const names = served.filter(({ workers }) => workers === 0).map(({ queue }) => queue);
  if (names.length === 0) return null;
  return {
    detail: `No worker takes the jobs of: ${names.join(', ')}.`,
    remedy: `Start one (corescore worker --queue ${names.join(',')}), or wait until it has started.`,
  };
}
