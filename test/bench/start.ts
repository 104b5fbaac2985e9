/**
 * (i) How long a start takes, and what memory, by the length of history: a store of so many
 * certificates is filled past the commits that made them, then opened as a node opens it.
 *
 *   node dist/test/bench/start.js [--certificates N] [--accounts N] [--folder PATH]
 *
 * A folder that is named is kept, and used again if it has as many. The opening runs in a process
 * of its own with the flags of the unit.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ClassicLevel } from 'classic-level';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../agent/core/codec/record.ts';
import {
  type CommitRecord,
  commitOperation,
  type Operation,
  Sum,
} from '../../agent/shell/store/commit.ts';
import { CommitLog } from '../../agent/shell/store/commit-log.ts';
import { isGuarded } from '../../agent/shell/store/guard.ts';
import { storePaths } from '../../agent/shell/store/layout.ts';
import { flushLevel, type Level } from '../../agent/shell/store/level.ts';
import { openStore } from '../../agent/shell/store/open.ts';
import { digestOf, keyBytes, seal } from '../../agent/shell/store/seal.ts';
import type { Store } from '../../agent/shell/store/store.ts';
import { peekCommit } from '../../agent/shell/store/verify.ts';
import { type Figure, machine, table } from './machine.ts';

const SELF = fileURLToPath(import.meta.url);
const UNIT_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=48', '--optimize-for-size'];
const BATCH = 1_000;

function key(prefix: string, ...parts: readonly Uint8Array[]): ByteKey {
  return (prefix + Buffer.concat(parts).toString('latin1')) as ByteKey;
}

function number(n: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return Uint8Array.from(bytes);
}

async function opened(folder: string): Promise<Store> {
  const result = await openStore({ folder, allowVolatile: true });
  if ('store' in result) return result.store;
  throw new Error(JSON.stringify(result));
}

/** Writes records past the store's plans for each commit, and keeps their sums as it would. */
class Filler {
  readonly #level: Level;
  readonly #all: Sum;
  readonly #guarded: Sum;
  #operations: Operation[] = [];

  constructor(level: Level, before: CommitRecord) {
    this.#level = level;
    this.#all = new Sum(before);
    this.#guarded = new Sum(before.guarded);
  }

  /** A key that was not there. */
  put(at: ByteKey, value: Uint8Array): void {
    const digest = digestOf(at, value);
    this.#all.apply({ before: undefined, after: digest });
    if (isGuarded(at)) this.#guarded.apply({ before: undefined, after: digest });
    this.#operations.push({ type: 'put', key: keyBytes(at), value: seal(value, digest) });
  }

  async flush(): Promise<void> {
    await this.#level.batch(this.#operations, { sync: false });
    this.#operations = [];
  }

  /** All of it as one commit. */
  async finish({ number: before, chain }: CommitRecord): Promise<CommitRecord> {
    const sums = { ...this.#all.value(), guarded: this.#guarded.value() };
    const commit = { number: before + 1n, chain, ...sums };
    this.#operations.push(commitOperation(commit));
    await this.flush();
    return commit;
  }
}

/** Certificates as an authority keeps them: entry, index, credit; and the accounts at their end. */
async function build(folder: string, certificates: number, accounts: number): Promise<void> {
  await (await opened(folder)).close();
  const { database, log: path } = storePaths(folder);
  const level: Level = new ClassicLevel(database, {
    keyEncoding: 'buffer',
    valueEncoding: 'view',
    writeBufferSize: 64 * 1024 * 1024,
  });
  await level.open();
  const before = peekCommit(level);
  if (before === undefined) throw new Error('a new store has a commit');
  const filler = new Filler(level, before);
  const keys = Array.from({ length: accounts }, (_, i) => {
    return Uint8Array.from(createHash('sha256').update(`account ${i}`).digest());
  });
  const account = (n: number) => keys[n % accounts] ?? new Uint8Array(32);
  const body = createHash('shake256', { outputLength: 400 }).update('certificate').digest();
  let link: Uint8Array = new Uint8Array(32);
  for (let n = 0; n < certificates; n++) {
    const entry = Uint8Array.from(Buffer.concat([link, number(n), body]));
    link = Uint8Array.from(createHash('sha256').update(entry).digest());
    filler.put(key('J', number(n)), entry);
    filler.put(key('C', account(n), number(n)), number(n));
    filler.put(key('R', account(n * 7 + 1), number(n)), number(n));
    if ((n + 1) % BATCH === 0) await filler.flush();
    if ((n + 1) % 100_000 === 0) process.stderr.write(`${n + 1} certificates\n`);
  }
  filler.put(key('G'), new Uint8Array(32));
  for (const one of keys) filler.put(key('A', one), Uint8Array.from(body.subarray(0, 75)));
  const head = encode(journalHeadCoder, { count: BigInt(certificates), link });
  filler.put(key('H'), head);
  const commit = await filler.finish(before);
  await flushLevel(level);
  await level.close();
  const log = await CommitLog.open(path);
  await log.keep(commit, 0, undefined);
  log.close();
}

interface Opening {
  readonly readyMs: number;
  readonly residentMiB: number;
  readonly ownMiB: number;
  readonly records: string;
  readonly scrubPerSecond: number;
}

/** Opens the store as a node does, and scrubs for a second. */
async function open(folder: string): Promise<Opening> {
  const begun = performance.now();
  const store = await opened(folder);
  const readyMs = performance.now() - begun;
  const status = readFileSync('/proc/self/status', 'latin1');
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  const [residentMiB, ownMiB] = [kib('VmRSS') / 1024, kib('RssAnon') / 1024];
  const scrubBegun = performance.now();
  while (performance.now() - scrubBegun < 1_000) await store.scrub(64);
  const { records, scrub } = store.statistics();
  await store.close();
  return {
    readyMs,
    residentMiB,
    ownMiB,
    records: `${records}`,
    scrubPerSecond: Number(scrub.records),
  };
}

function figures(opening: Opening, certificates: number): Figure[] {
  const { readyMs, residentMiB, ownMiB, records, scrubPerSecond } = opening;
  const what = `${certificates.toLocaleString('en')} certificates`;
  return [
    { what: `${what}: ready`, value: readyMs / 1_000, unit: 's', goal: '< 5' },
    { what: `${what}: resident when ready`, value: residentMiB, unit: 'MiB' },
    { what: `${what}: of these its own`, value: ownMiB, unit: 'MiB', goal: '< 64' },
    { what: `${what}: records`, value: Number(records), unit: '' },
    { what: `${what}: scrub, without rests`, value: scrubPerSecond, unit: 'records/s' },
  ];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      certificates: { type: 'string', default: '100000' },
      accounts: { type: 'string', default: '10000' },
      folder: { type: 'string' },
      open: { type: 'boolean', default: false },
    },
  });
  const certificates = Number(values.certificates);
  if (values.open && values.folder !== undefined) {
    process.stdout.write(JSON.stringify(await open(values.folder)));
    return;
  }
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'meshpay-start-'));
  try {
    if (!existsSync(join(folder, 'store'))) {
      await build(folder, certificates, Number(values.accounts));
    }
    const words = [...UNIT_FLAGS, SELF, '--open', '--folder', folder];
    const child = spawnSync(process.execPath, words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const opening = JSON.parse(child.stdout) as Opening;
    const text = table('(i) Start by history', figures(opening, certificates));
    process.stdout.write(`Measured on ${machine()}\n\n${text}\n`);
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true });
  }
}

await main();
