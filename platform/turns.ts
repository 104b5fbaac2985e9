/**
 * Work that is done one at a time, in the order in which it was asked for. The radios of one node
 * share network managers, the country and the files that say what was there before: whoever looks,
 * plans and acts has to find all of it as he saw it.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** What the work comes to. Work that fails keeps nobody else from his turn. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
