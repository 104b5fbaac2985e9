/**
 * (h) What a payment writes to the disk: bytes and writes that reach a block device below ext4,
 * which is what wears a card. On loop devices, and counted with the kernel's tracing of requests,
 * so only as root. Flushes of the device's cache, which carry no data, are not counted as writes.
 *
 *   node dist/test/bench/wear.js [--payments N] [--before ROOT]   ROOT: another build
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figure, machine, table } from './machine.ts';

const CHILD = fileURLToPath(new URL('./wear-child.js', import.meta.url));
const OWN_ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SECTOR_BYTES = 512;
const TRACING = '/sys/kernel/tracing';
const EVENT = `${TRACING}/events/block/block_rq_issue`;
/** Enough that the store has grown into its stride. */
const WARM_UP = 400;

interface Disk {
  readonly folder: string;
  /** Writes and bytes so far, all that waits written out. */
  counts(): { readonly writes: number; readonly bytes: number };
  remove(): void;
}

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** An ext4 of its own on a loop device. */
function makeDisk(): Disk {
  const place = mkdtempSync(join(tmpdir(), 'meshpay-wear-'));
  const [image, folder] = [join(place, 'image'), join(place, 'disk')];
  mkdirSync(folder);
  run('truncate', '-s', '512M', image);
  run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image);
  const device = run('losetup', '--find', '--show', image).trim();
  run('mount', '-o', 'noatime', device, folder);
  const number = readFileSync(`/sys/block/${basename(device)}/dev`, 'latin1')
    .trim()
    .replace(':', ',');
  return {
    folder,
    counts() {
      run('sync', '-f', folder);
      const own = new RegExp(` ${number} F?W\\S* \\d+ \\(.*\\) \\d+ \\+ (\\d+) `, 'g');
      const sectors = Array.from(
        readFileSync(`${TRACING}/trace`, 'latin1').matchAll(own),
        (match) => Number(match[1]),
      ).filter((count) => count > 0);
      const bytes = SECTOR_BYTES * sectors.reduce((sum, count) => sum + count, 0);
      return { writes: sectors.length, bytes };
    },
    remove() {
      run('umount', folder);
      run('losetup', '-d', device);
      rmSync(place, { recursive: true });
    },
  };
}

/** Lets the kernel note every request to a loop device. */
function startTracing(): void {
  if (statSync(EVENT, { throwIfNoEntry: false }) === undefined) {
    run('mount', '-t', 'tracefs', 'none', TRACING);
  }
  // Loop devices have the major number 7, in the bits above the minor's 20.
  writeFileSync(`${EVENT}/filter`, `dev >= ${7 << 20} && dev < ${8 << 20}`);
  writeFileSync(`${TRACING}/trace`, '');
  writeFileSync(`${EVENT}/enable`, '1');
}

function stopTracing(): void {
  writeFileSync(`${EVENT}/enable`, '0');
  writeFileSync(`${EVENT}/filter`, '0');
}

/** Payments, one a second, by the build at `root`. */
async function wear(root: string, payments: number, what: string): Promise<Figure[]> {
  const disk = makeDisk();
  let child: ChildProcess | undefined;
  try {
    child = spawn(process.execPath, [CHILD, root, join(disk.folder, 'data')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('a child without pipes');
    const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    await lines.next();
    stdin.write(`${WARM_UP} 0\n`);
    await lines.next();
    const before = disk.counts();
    stdin.write(`${payments} 1000\n`);
    await lines.next();
    const after = disk.counts();
    stdin.end();
    await lines.next();
    const bytes = (after.bytes - before.bytes) / payments / 1_000;
    const writes = (after.writes - before.writes) / payments;
    return [
      { what: `${what}: written for a payment`, value: bytes, unit: 'kB', goal: '<= 15' },
      { what: `${what}: in`, value: writes, unit: 'writes', goal: '<= 3' },
    ];
  } finally {
    child?.kill();
    disk.remove();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { payments: { type: 'string', default: '50' }, before: { type: 'string' } },
  });
  const payments = Number(values.payments);
  const builds: [string, string][] = [['this build', OWN_ROOT]];
  if (values.before !== undefined) builds.unshift(['before', values.before]);
  startTracing();
  const figures = await Promise.all(
    builds.map(([what, root]) => wear(root, payments, what)),
  ).finally(stopTracing);
  const text = table('(h) Wear at one payment a second, ext4', figures.flat());
  process.stdout.write(`Measured on ${machine()}\n\n${text}\n`);
}

await main();
