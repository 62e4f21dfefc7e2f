/** Queue names and what a job carries: ids only, the row is the truth (DESIGN, decision 2). */
export const QUEUES = ['extract', 'score'] as const;
export type QueueName = (typeof QUEUES)[number];

export interface RunJob {
  runId: string;
}
