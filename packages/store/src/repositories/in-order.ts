/**
 * Does what concerns one key (a run) in the order in which it was asked for: statements that leave at once over the
 * connections of a pool arrive in any order.
 */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  do<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const result = before.then(work);
    // What failed is told to who asked for it, and does not keep back what comes after.
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return result;
  }
}
