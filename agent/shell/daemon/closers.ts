/** What has been brought up and how to take it down: the last thing first. */

export interface Closers {
  add(close: () => Promise<void> | void): void;
  /** Takes everything down, once; what fails on the way does not keep the rest up. */
  close(): Promise<void>;
}

/** `onError` hears of what could not be taken down. */
export function createClosers(onError: (error: unknown) => void): Closers {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => void closers.push(close),
    async close() {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
