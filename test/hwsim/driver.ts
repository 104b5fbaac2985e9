/** The host's hand on a driver inside the virtual machine (driver-protocol.ts, guest/driver.ts). */
import { afterPatience } from '../support/patience.ts';
import { DRIVER, ROUTER_FLAGS } from './bundles.ts';
import { patienceMs } from './channel.ts';
import type { DriverAnswer, DriverRequest, DriverResults, OpenWallet } from './driver-protocol.ts';
import type { WorldNode, WorldProcess } from './node.ts';
import { LineSplitter } from './protocol.ts';

export interface Driver {
  readonly process: WorldProcess;
  /** @param workMs how long the work itself may take in the machine's time; default 0 */
  ask<R extends DriverRequest>(request: R, workMs?: number): Promise<DriverResults[R['op']]>;
  openWallet(wallet: Omit<OpenWallet, 'op'>): Promise<void>;
}

/** Starts a driver in a node's namespace; ready when it says so. */
export async function startDriver(node: WorldNode, name: string): Promise<Driver> {
  const waiting = new Map<number, (answer: DriverAnswer) => void>();
  const splitter = new LineSplitter();
  let lastId = 0;
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const process = await node.spawn([globalThis.process.execPath, ...ROUTER_FLAGS, DRIVER], {
    name,
    piped: true,
    onOutput: (bytes) => {
      for (const line of splitter.push(bytes)) {
        const answer = JSON.parse(line) as DriverAnswer;
        if ('ready' in answer) isReady();
        else waiting.get(answer.id)?.(answer);
      }
    },
  });
  await within(ready, patienceMs(10_000), `${name} starts`);

  const ask = async <R extends DriverRequest>(
    request: R,
    workMs = 0,
  ): Promise<DriverResults[R['op']]> => {
    lastId += 1;
    const id = lastId;
    const answered = new Promise<DriverAnswer>((resolve) => waiting.set(id, resolve));
    await process.input(Buffer.from(`${JSON.stringify({ ...request, id })}\n`));
    try {
      const what = `${name} answers to ${request.op}`;
      const answer = await within(answered, patienceMs(workMs), what);
      if ('error' in answer) throw new Error(`${name}: ${request.op}: ${answer.error}`);
      return ('value' in answer ? answer.value : null) as DriverResults[R['op']];
    } finally {
      waiting.delete(id);
    }
  };
  return {
    process,
    ask,
    openWallet: async (wallet) => void (await ask({ op: 'open', ...wallet })),
  };
}

/** @throws Error when `promise` has not resolved in time */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let callOff = (): void => {};
  const late = new Promise<never>((_, reject) => {
    callOff = afterPatience(() => reject(new Error(`${what}: not in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    callOff();
  }
}
