/** The host's hand on a driver inside the virtual machine (driver-protocol.ts, guest/driver.ts). */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { DriverAnswer, DriverRequest, DriverResults, OpenWallet } from './driver-protocol.ts';
import type { WorldNode, WorldProcess } from './node.ts';
import { LineSplitter } from './protocol.ts';

const START_TIMEOUT_MS = 60_000;
/** What an answer may take longer than the work that it stands for. */
const ANSWER_MARGIN_MS = 30_000;

/** As on a router: little memory for the young generation, and not much for the old one. */
export const ROUTER_FLAGS = [
  '--max-semi-space-size=1',
  '--max-old-space-size=48',
  '--optimize-for-size',
];

export interface Driver {
  readonly process: WorldProcess;
  /** @param workMs how long the work itself may take; default none */
  ask<R extends DriverRequest>(request: R, workMs?: number): Promise<DriverResults[R['op']]>;
  openWallet(wallet: Omit<OpenWallet, 'op'>): Promise<void>;
}

/**
 * Makes one file of a built program and all that it imports, since the machine reads files slowly.
 * It lies beside the other bundles, where its native packages are found.
 * @param entry the program, from the folder of what is built: "agent/radio.js"
 */
export async function bundleProgram(entry: string, name: string): Promise<string> {
  const built = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const file = join(built, 'bundle', `${name}.mjs`);
  await build({
    entryPoints: [join(built, entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['classic-level', 'netlink'],
    logLevel: 'warning',
    banner: {
      js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);",
    },
    outfile: file,
  });
  return file;
}

/** Starts a driver in a node's namespace; ready when it says so. */
export async function startDriver(node: WorldNode, bundle: string, name: string): Promise<Driver> {
  const waiting = new Map<number, (answer: DriverAnswer) => void>();
  const splitter = new LineSplitter();
  let lastId = 0;
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const process = await node.spawn([globalThis.process.execPath, ...ROUTER_FLAGS, bundle], {
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
  await within(ready, START_TIMEOUT_MS, `${name} starts`);

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
      const answer = await within(answered, workMs + ANSWER_MARGIN_MS, what);
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
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
