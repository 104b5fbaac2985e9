/**
 * One QEMU process: the kernel, the host's root folder read-only over virtio-9p, one virtio-serial
 * port as a unix socket, the console kept as a bounded tail. No network card, no disk.
 *
 * The machine's time is one of two. `counted`: one processor, and each instruction that it runs is
 * a nanosecond (QEMU's -icount, so 1,000 MIPS: about one core of a Raspberry Pi 3); when it has
 * nothing to do, time passes as on the host. So no work in there takes longer because the host is
 * slow or busy; only waiting for a file of the host does. `host`: time passes as on the host
 * always, for people, and with KVM where it works.
 *
 * (QEMU could let time jump to the next timer instead of waiting, with sleep=off. But it jumps as
 * well while a file is being read, by seconds when the machine is quiet.)
 *
 * KVM is used only where a kernel was once seen to reach user space with it, within a bounded
 * time: a /dev/kvm that opens and then hangs is common inside other virtual machines.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Patience } from '../support/patience.ts';
import type { ReadyHost, Say } from './host.ts';
import { PROBE_WORD } from './initramfs.ts';
import { PORT_NAME } from './protocol.ts';

export type Accelerator = 'kvm' | 'tcg';

export type Clock = 'counted' | 'host';

export interface Processor {
  readonly accelerator: Accelerator;
  /** `counted` only with `tcg` and one core: QEMU counts the instructions of all cores together. */
  readonly clock: Clock;
  readonly cores: number;
}

export interface MachineOptions {
  readonly host: ReadyHost;
  readonly initramfs: Buffer;
  readonly processor: Processor;
  readonly memoryMiB: number;
}

/** What `counted` means: 2^0 nanoseconds an instruction. */
export const COUNTED_MIPS = 1_000;

export interface Machine {
  readonly socket: Socket;
  /** Settles when the process is gone; says how. Never rejects. */
  readonly ended: Promise<string>;
  /** The last lines of the machine's console. */
  console(): readonly string[];
  /** To be called once the kernel runs: nothing is left then even if this process is killed. */
  removeFiles(): Promise<void>;
  /** Ends the process at once. */
  destroy(): void;
}

/**
 * A machine with nothing to protect: the kernel's defences and self-tests only cost time, and
 * programs that always lie at the same addresses are translated less often.
 */
const KERNEL_COMMAND_LINE =
  'console=ttyS0 panic=-1 loglevel=4 random.trust_cpu=on mitigations=off apparmor=0 audit=0 ' +
  'cryptomgr.notests=1 norandmaps nokaslr';

const CONSOLE_LINES = 200;
const PROBE_TIMEOUT_MS = 6_000;
const PROBE: Processor = { accelerator: 'kvm', clock: 'host', cores: 1 };
const SOCKET_TIMEOUT_MS = 15_000;

/**
 * @throws Error when QEMU ends before its port can be reached.
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'meshpay-hwsim-'));
  const port = join(folder, 'port');
  const initrd = join(folder, 'initramfs');
  await writeFile(initrd, options.initramfs, { mode: 0o600 });
  const argv = [
    ...baseArguments(options.host, options.processor, initrd, options.memoryMiB),
    ...['-append', KERNEL_COMMAND_LINE],
    ...['-fsdev', 'local,id=root,path=/,security_model=none,readonly=on,multidevs=remap'],
    ...['-device', 'virtio-9p-pci,fsdev=root,mount_tag=host'],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=port,path=${port},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=port,name=${PORT_NAME}`],
  ];
  const child = spawn(options.host.qemu, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const tail = consoleTail(child);
  const destroy = (): void => void child.kill('SIGKILL');
  process.once('exit', destroy);
  const removeFiles = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const ended = endOf(child).then(async (how) => {
    process.off('exit', destroy);
    await removeFiles();
    return how;
  });
  const socket = await Promise.race([connectTo(port), ended]);
  if (typeof socket === 'string') {
    destroy();
    throw new Error(`the machine did not start: ${socket}\n${tail().join('\n')}`);
  }
  return { socket, ended, console: tail, removeFiles, destroy };
}

/** The fastest accelerator that works here. The answer is kept beside the cached kernel. */
export async function chooseAccelerator(
  host: ReadyHost,
  initramfs: Buffer,
  say: Say,
): Promise<Accelerator> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  const file = join(host.cacheFolder, 'accelerator');
  const key = `${release()} ${host.kernel.release} ${bootId()}`;
  const known = readOr(file, '').split('\n');
  if (known[0] === key && (known[1] === 'kvm' || known[1] === 'tcg')) return known[1];
  const accelerator = (await kvmWorks(host, initramfs)) ? 'kvm' : 'tcg';
  say(
    accelerator === 'kvm' ? 'KVM works' : 'KVM does not run a kernel here: emulating the processor',
  );
  await writeFile(file, `${key}\n${accelerator}\n`);
  return accelerator;
}

async function kvmWorks(host: ReadyHost, initramfs: Buffer): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'meshpay-hwsim-'));
  const initrd = join(folder, 'initramfs');
  await writeFile(initrd, initramfs);
  const argv = [
    ...baseArguments(host, PROBE, initrd, 256),
    ...['-append', 'console=ttyS0 panic=-1 rdinit=/probe'],
  ];
  const child = spawn(host.qemu, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const tail = consoleTail(child);
  await Promise.race([endOf(child), sleep(PROBE_TIMEOUT_MS, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
  return tail().some((text) => text.includes(PROBE_WORD));
}

function baseArguments(
  host: ReadyHost,
  { accelerator, clock, cores }: Processor,
  initrd: string,
  memoryMiB: number,
): string[] {
  const threads = clock === 'counted' ? 'single' : 'multi';
  const accel = accelerator === 'kvm' ? 'kvm' : `tcg,thread=${threads},tb-size=256`;
  const counting = ['-icount', 'shift=0,sleep=on,align=off', '-rtc', 'clock=vm'];
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-accel', accel, '-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ...['-smp', String(cores), '-m', String(memoryMiB)],
    ...['-kernel', host.kernel.image, '-initrd', initrd],
    ...(clock === 'counted' ? counting : []),
  ];
}

async function connectTo(path: string): Promise<Socket | string> {
  const patience = new Patience(SOCKET_TIMEOUT_MS);
  for (;;) {
    const socket = await tryConnect(path);
    if (socket !== undefined) return socket;
    if (patience.isGone()) return `no port after ${SOCKET_TIMEOUT_MS / 1000} s`;
    await sleep(20);
  }
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

function consoleTail(child: ChildProcess): () => readonly string[] {
  let lines: string[] = [''];
  const take = (chunk: Buffer): void => {
    const [first = '', ...rest] = chunk.toString('utf8').replaceAll('\r', '').split('\n');
    lines = [...lines.slice(0, -1), `${lines.at(-1) ?? ''}${first}`, ...rest].slice(-CONSOLE_LINES);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return () => lines.filter((text) => text.trim() !== '');
}

/** Another boot may be another machine with the same disk: it is probed anew. */
function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', '').trim();
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
