/**
 * The small root file system that the virtual machine starts from: busybox, the modules that are
 * needed to reach the host's root folder, and the two scripts that go from there to the runner.
 * The archive is written here in the "newc" form that the kernel reads (kernel documentation,
 * driver-api/early-userspace/buffer-format), so no archiver has to be installed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Kernel } from './host.ts';
import { GUEST_ROOT } from './protocol.ts';

export interface InitramfsOptions {
  readonly kernel: Kernel;
  readonly busybox: string;
  /** The command that the machine is there for, as the host's root folder has it. */
  readonly runner: readonly string[];
  readonly searchPath: string;
  readonly radios: number;
  /** Whether systemd is process 1 and the runner one of its services. */
  readonly systemd: boolean;
}

/** Printed by the probe script: an accelerator that gets this far works. */
export const PROBE_WORD = 'meshpay-probe-reached-user-space';

/** Everything else is loaded by the kernel on demand once the host's modprobe is there. */
const BOOT_MODULES = ['virtio_pci', '9p', '9pnet_virtio', 'overlay'];

const MAX_MODULE_BYTES = 64 * 1024 * 1024;

const ROOT_OPTIONS = 'trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose';

/** @throws Error when the kernel lacks a module. */
export function buildInitramfs(options: InitramfsOptions): Buffer {
  const modules = bootModules(options.kernel.modules);
  const archive = new Archive();
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'lower', 'upper', 'root', 'modules']) {
    archive.folder(folder);
  }
  archive.file('bin/busybox', readFileSync(options.busybox), 0o755);
  for (const path of modules) {
    archive.file(`modules/${plainName(path)}`, moduleBytes(path), 0o644);
  }
  archive.file('init', Buffer.from(firstScript(options, modules)), 0o755);
  archive.file('second', Buffer.from(secondScript(options)), 0o755);
  archive.file('probe', Buffer.from(probeScript()), 0o755);
  return gzipSync(archive.end(), { level: 1 });
}

function firstScript(options: InitramfsOptions, modules: readonly string[]): string {
  const { release } = options.kernel;
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
stop() { echo "meshpay: cannot start: $1"; poweroff -f; sleep 60; }
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in ${modules.map(plainName).join(' ')}; do
  insmod /modules/$module || stop "module $module"
done
mount -t 9p -o ${ROOT_OPTIONS} host /lower || stop "the host's root folder"
mount -t tmpfs -o size=75% tmpfs /upper
mkdir /upper/upper /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/upper,workdir=/upper/work overlay /root ||
  stop "overlay"
mount -t tmpfs tmpfs /root/run
mkdir -p /root/run/lock /root${GUEST_ROOT} /root/dev/pts /root/dev/shm
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -t devtmpfs devtmpfs /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm
mount -t debugfs debugfs /root/sys/kernel/debug
mount -t cgroup2 cgroup2 /root/sys/fs/cgroup
mkdir -p /root/usr/lib/modules
rm -rf /root/usr/lib/modules/${release}
ln -s ${quoted(options.kernel.modules)} /root/usr/lib/modules/${release}
cp /second /root${GUEST_ROOT}/second
umount /proc /sys /dev
exec switch_root /root ${GUEST_ROOT}/second
`;
}

/**
 * The radios are loaded while the runner starts: the two take a second each. The ciphers of SAE and
 * MFP would come by themselves, but only when the first key is set, which then takes seconds.
 */
function secondScript(options: InitramfsOptions): string {
  return `#!/bin/sh
export PATH=${quoted(options.searchPath)} HOME=/root LC_ALL=C
cd /
ulimit -n 65536
modprobe virtio_console
(
  modprobe mac80211_hwsim radios=${options.radios} support_p2p_device=0
  modprobe -a ctr ccm cmac gcm
) &
${options.systemd ? bootScript(options) : runnerScript(options)}`;
}

function runnerScript({ runner, busybox }: InitramfsOptions): string {
  return `${runner.map(quoted).join(' ')} </dev/null
echo "meshpay: the runner ended with code $?"
${quoted(busybox)} poweroff -f
`;
}

/**
 * What Debian starts at a boot, and a machine in memory whose only hardware is radios does not
 * need.
 */
const UNUSED_UNITS = [
  ...['apparmor', 'keyboard-setup', 'kmod-static-nodes', 'systemd-binfmt', 'systemd-hwdb-update'],
  ...['systemd-journal-flush', 'systemd-machine-id-commit', 'systemd-modules-load'],
  ...['systemd-pstore', 'systemd-random-seed', 'systemd-remount-fs', 'systemd-sysctl'],
  ...['systemd-timesyncd', 'systemd-tmpfiles-setup-dev', 'systemd-tmpfiles-setup'],
  ...['systemd-udev-settle', 'systemd-udev-trigger', 'systemd-udevd', 'systemd-update-utmp'],
]
  .map((name) => `${name}.service`)
  .concat('dbus.socket');

/**
 * Hands the machine to systemd, with the runner as the one service of its target. Its units lie in
 * memory, so that those of the host's root folder stay as they are.
 */
function bootScript(options: InitramfsOptions): string {
  const units = '/run/systemd/system';
  return `wait
mkdir -p ${units}
for unit in ${UNUSED_UNITS.join(' ')}; do ln -s /dev/null ${units}/$unit; done
cat > ${units}/hwsim.target <<'END'
[Unit]
Description=Virtual radios
Requires=basic.target
Wants=hwsim-runner.service
After=basic.target
END
cat > ${units}/hwsim-runner.service <<'END'
[Unit]
Description=Runner of the virtual radios
DefaultDependencies=no
[Service]
ExecStart=/bin/sh ${GUEST_ROOT}/runner
Environment=HOME=/root LC_ALL=C
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
LimitNOFILE=65536
TasksMax=infinity
END
cat > ${GUEST_ROOT}/runner <<'END'
export PATH=${quoted(options.searchPath)}
cd /
${runnerScript(options)}END
exec /lib/systemd/systemd --unit=hwsim.target --show-status=no --log-target=console --log-level=warning
`;
}

function probeScript(): string {
  return `#!/bin/busybox sh
echo ${PROBE_WORD}
/bin/busybox poweroff -f
`;
}

/** Paths of the modules with all that they need, in the order in which to insert them. */
function bootModules(folder: string): string[] {
  const needs = new Map<string, readonly string[]>();
  const paths = new Map<string, string>();
  for (const text of readFileSync(join(folder, 'modules.dep'), 'utf8').split('\n')) {
    const [path, rest = ''] = text.split(':');
    if (path === undefined || path === '') continue;
    paths.set(moduleName(path), path);
    needs.set(path, rest.split(' ').filter(Boolean));
  }
  const builtIn = new Set(
    readFileSync(join(folder, 'modules.builtin'), 'utf8').split('\n').map(moduleName),
  );
  const order = new Set<string>();
  for (const name of BOOT_MODULES) {
    const path = paths.get(name);
    if (path === undefined && builtIn.has(name)) continue;
    if (path === undefined) throw new Error(`the kernel has no module ${name}`);
    // modules.dep lists what a module needs with the deepest need last.
    for (const needed of [...(needs.get(path) ?? [])].reverse()) order.add(needed);
    order.add(path);
  }
  return [...order].map((path) => join(folder, path));
}

/** Newer Debian kernels come with compressed modules, which busybox cannot insert. */
function moduleBytes(path: string): Buffer {
  if (!path.endsWith('.xz')) return readFileSync(path);
  return execFileSync('xz', ['-dc', path], { maxBuffer: MAX_MODULE_BYTES });
}

function plainName(path: string): string {
  return basename(path).replace(/\.ko(\.xz)?$/, '.ko');
}

function moduleName(path: string): string {
  return plainName(path).replace(/\.ko$/, '').replaceAll('-', '_');
}

/** One word for the shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Writes newc entries: a header of hexadecimal numbers, the name, the bytes; each padded to 4. */
class Archive {
  #parts: Buffer[] = [];
  #entries = 0;

  folder(name: string): void {
    this.#entry(name, Buffer.alloc(0), 0o040755);
  }

  file(name: string, bytes: Buffer, mode: number): void {
    this.#entry(name, bytes, 0o100000 | mode);
  }

  end(): Buffer {
    this.#entry('TRAILER!!!', Buffer.alloc(0), 0);
    return Buffer.concat(this.#parts);
  }

  #entry(name: string, bytes: Buffer, mode: number): void {
    this.#entries += 1;
    const fields = [this.#entries, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0];
    const head = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    this.#parts.push(padded(Buffer.from(`070701${head}${name}\0`)), padded(bytes));
  }
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
