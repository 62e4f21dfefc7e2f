import type { Answer, Question } from './process-pool.js';
import * as tasks from './tasks.js';

/** A scoring process: answers one task at a time, until it is killed or its parent is gone. */
const perform = tasks as unknown as Record<string, (task: unknown) => Promise<Answer>>;

async function answer({ name, task }: Question): Promise<Answer> {
  try {
    return await perform[name](task);
  } catch (error) {
    return { threw: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (question: Question) => {
  void answer(question).then((found) => process.send!(found));
});
// A Ctrl-C in a terminal, and a service manager, reach all processes of a command: the parent decides what ends when.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
