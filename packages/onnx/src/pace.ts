import { setImmediate } from 'node:timers/promises';

/** Long enough to be cheap, short enough that a service answers others in between. */
const SLICE_MS = 20;

/** Cuts long synchronous work into slices: whoever works asks `due` often and rests when it is. */
export class Pace {
  private since = performance.now();

  due(): boolean {
    return performance.now() - this.since > SLICE_MS;
  }

  /** Lets everything else that waits in this process have its turn. */
  async rest(): Promise<void> {
    await setImmediate();
    this.since = performance.now();
  }
}
