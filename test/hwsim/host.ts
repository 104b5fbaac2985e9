/**
 * Gets the host ready: the tools from Debian's packages (installed where we are root), and a Debian
 * kernel and a static busybox, which are only downloaded and unpacked into a cache folder of the
 * user, never installed. Whatever cannot be had ends as `unavailable` with the reason, so that a
 * test suite can be skipped and say why. Works again without a network once the cache is filled.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram, run } from './command.ts';

export interface ReadyHost {
  readonly kind: 'ready';
  readonly cacheFolder: string;
  readonly qemu: string;
  readonly busybox: string;
  readonly kernel: Kernel;
}

export interface Kernel {
  /** As `uname -r` says it. */
  readonly release: string;
  readonly image: string;
  /** The folder with modules.dep in it. */
  readonly modules: string;
}

export interface UnavailableHost {
  readonly kind: 'unavailable';
  readonly code: 'NOT_DEBIAN' | 'WRONG_ARCHITECTURE' | 'TOOL_MISSING' | 'PACKAGE_MISSING';
  readonly reason: string;
}

export type Host = ReadyHost | UnavailableHost;

export type Say = (line: string) => void;

const KERNEL_PACKAGE = 'linux-image-amd64';

/** What must be there, and the package that brings it. The guest sees the host's root folder. */
const TOOLS: readonly { readonly program: string; readonly debianPackage: string }[] = [
  { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { program: 'iw', debianPackage: 'iw' },
  { program: 'wpa_supplicant', debianPackage: 'wpasupplicant' },
  { program: 'tcpdump', debianPackage: 'tcpdump' },
  { program: 'nft', debianPackage: 'nftables' },
  { program: 'ping', debianPackage: 'iputils-ping' },
  { program: 'ip', debianPackage: 'iproute2' },
  { program: 'modprobe', debianPackage: 'kmod' },
  { program: 'xz', debianPackage: 'xz-utils' },
];
const REGULATORY_DATABASE = {
  file: '/lib/firmware/regulatory.db',
  debianPackage: 'wireless-regdb',
};

/** Parts of a kernel package that virtual radios never need: three quarters of its size. */
const UNUSED_DRIVERS = ['gpu', 'media', 'infiniband', 'scsi', 'iio', 'staging', 'hwmon', 'usb'];

const INSTALL_TIMEOUT_MS = 600_000;
const FETCH_TIMEOUT_MS = 300_000;

/** Bounded by the sum of the package timeouts above; a few milliseconds once all is there. */
export async function prepareHost(say: Say): Promise<Host> {
  if (process.arch !== 'x64') {
    return unavailable(
      'WRONG_ARCHITECTURE',
      `virtual radios need an x86-64 host, not ${process.arch}`,
    );
  }
  if (findProgram('apt-get') === undefined || findProgram('dpkg-deb') === undefined) {
    return unavailable(
      'NOT_DEBIAN',
      'virtual radios come from Debian packages: apt-get is missing',
    );
  }
  const refusal = await installTools(say);
  if (refusal !== undefined) return refusal;
  const qemu = findProgram('qemu-system-x86_64');
  if (qemu === undefined) return unavailable('TOOL_MISSING', 'qemu-system-x86_64 is missing');
  const cacheFolder = defaultCacheFolder();
  await mkdir(cacheFolder, { recursive: true });
  const busybox = await busyboxIn(cacheFolder, say);
  if (typeof busybox !== 'string') return busybox;
  const kernel = await kernelIn(cacheFolder, say);
  if ('kind' in kernel) return kernel;
  return { kind: 'ready', cacheFolder, qemu, busybox, kernel };
}

/** Per user, as the XDG base directory specification says. */
export function defaultCacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(
    base === undefined || base === '' ? join(homedir(), '.cache') : base,
    'meshpay-hwsim',
  );
}

async function installTools(say: Say): Promise<UnavailableHost | undefined> {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  if (process.getuid?.() !== 0) {
    return unavailable(
      'TOOL_MISSING',
      `not root, so nothing can be installed; run: apt-get install ${missing.join(' ')}`,
    );
  }
  say(`installing ${missing.join(' ')}`);
  const install = [
    ...['apt-get', '-o', 'DPkg::Lock::Timeout=300'],
    ...['install', '-y', '-q', '--no-install-recommends', ...missing],
  ];
  let result = await run(install, { timeoutMs: INSTALL_TIMEOUT_MS });
  if (!result.ok) {
    await updateLists();
    result = await run(install, { timeoutMs: INSTALL_TIMEOUT_MS });
  }
  const still = missingPackages();
  if (still.length === 0) return undefined;
  const reason = result.reason || 'apt-get was content, but their programs are not to be found';
  return unavailable('PACKAGE_MISSING', `${still.join(' ')} did not install: ${reason}`);
}

function missingPackages(): string[] {
  const names = TOOLS.filter((tool) => findProgram(tool.program) === undefined).map(
    (tool) => tool.debianPackage,
  );
  if (!existsSync(REGULATORY_DATABASE.file)) names.push(REGULATORY_DATABASE.debianPackage);
  return names;
}

async function updateLists(): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await run(['apt-get', '-o', 'DPkg::Lock::Timeout=300', 'update', '-q'], {
    timeoutMs: FETCH_TIMEOUT_MS,
  });
}

async function busyboxIn(cacheFolder: string, say: Say): Promise<string | UnavailableHost> {
  const home = join(cacheFolder, 'busybox');
  const unpacked = await unpackOnce(home, () => Promise.resolve('busybox-static'), say);
  if (unpacked !== undefined) return unpacked;
  const program = ['bin/busybox', 'usr/bin/busybox']
    .map((path) => join(home, path))
    .find(existsSync);
  return program ?? unavailable('PACKAGE_MISSING', 'busybox-static has no busybox in it');
}

async function kernelIn(cacheFolder: string, say: Say): Promise<Kernel | UnavailableHost> {
  const home = join(cacheFolder, 'kernel');
  const unpacked = await unpackOnce(home, newestKernelPackage, say, prepareModules);
  if (unpacked !== undefined) return unpacked;
  const kernel = kernelUnder(home);
  return kernel ?? unavailable('PACKAGE_MISSING', `no kernel in ${home}; delete it and try again`);
}

function kernelUnder(home: string): Kernel | undefined {
  const image = listed(join(home, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (image === undefined) return undefined;
  const release = image.slice('vmlinuz-'.length);
  const modules = ['lib/modules', 'usr/lib/modules']
    .map((folder) => join(home, folder, release))
    .find(existsSync);
  return modules === undefined ? undefined : { release, image: join(home, 'boot', image), modules };
}

/** The versioned package behind the name that always means the newest kernel. */
async function newestKernelPackage(): Promise<string | undefined> {
  const result = await run(['apt-cache', 'depends', KERNEL_PACKAGE], { timeoutMs: 60_000 });
  return /Depends: (linux-image-\S+)/.exec(result.stdout)?.[1];
}

async function prepareModules(folder: string): Promise<string | undefined> {
  const kernel = kernelUnder(folder);
  if (kernel === undefined) return 'the kernel package has no kernel in it';
  for (const driver of UNUSED_DRIVERS) {
    await rm(join(kernel.modules, 'kernel/drivers', driver), { recursive: true, force: true });
  }
  await rm(join(kernel.modules, 'kernel/sound'), { recursive: true, force: true });
  const base = join(kernel.modules, '../../..');
  const result = await run(['depmod', '-b', base, kernel.release], { timeoutMs: 120_000 });
  return result.ok ? undefined : result.reason;
}

/**
 * Downloads a package and unpacks it as `home`, unless `home` is there. It is made beside its place
 * and renamed at the end, so that a run that was stopped in between, or a second run at the same
 * time, leaves nothing half done.
 */
async function unpackOnce(
  home: string,
  packageName: () => Promise<string | undefined>,
  say: Say,
  finish: (folder: string) => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<UnavailableHost | undefined> {
  if (existsSync(home)) return undefined;
  const work = await mkdtemp(`${home}-`);
  try {
    const reason = await unpackInto(work, packageName, say, finish);
    if (reason !== undefined) return unavailable('PACKAGE_MISSING', reason);
    await rename(join(work, 'root'), home).catch((error: unknown) => {
      if (!existsSync(home)) throw error;
    });
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpackInto(
  work: string,
  packageName: () => Promise<string | undefined>,
  say: Say,
  finish: (folder: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const download = async (): Promise<string | undefined> => {
    const name = await packageName();
    if (name === undefined) return `apt knows no package for ${work}`;
    say(`downloading ${name}`);
    const result = await run(['apt-get', 'download', name], {
      timeoutMs: FETCH_TIMEOUT_MS,
      cwd: work,
    });
    return result.ok ? undefined : result.reason;
  };
  if ((await download()) !== undefined) {
    await updateLists();
    const reason = await download();
    if (reason !== undefined) return reason;
  }
  const file = (await readdir(work)).find((name) => name.endsWith('.deb'));
  if (file === undefined) return 'apt-get download left no package';
  const folder = join(work, 'root');
  const result = await run(['dpkg-deb', '-x', join(work, file), folder], { timeoutMs: 300_000 });
  return result.ok ? finish(folder) : result.reason;
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function unavailable(code: UnavailableHost['code'], reason: string): UnavailableHost {
  return { kind: 'unavailable', code, reason };
}
