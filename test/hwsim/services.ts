/**
 * Nodes as services of systemd: the units, the user and the folders as they are shipped, and the
 * programs where the units look for them. The machine has booted with the host's systemd
 * (world.ts).
 *
 * Several nodes share one machine, so each has a copy of both units under a name of its own, with a
 * drop-in that says which radio's namespace it is in, and that MeshPay's folders are the node's.
 * All else, the sandbox above all, is the unit's.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DEFAULT_CONFIG_FILE,
  DEFAULT_CONTROL_SOCKET,
  DEFAULT_RADIO_STATUS,
} from '../../agent/shell/config/config-schema.ts';
import { unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import type { NodeFiles } from './agents.ts';
import { MESHPAY, MESHPAY_RADIO, MESHPAYD } from './bundles.ts';
import type { WorldNode } from './node.ts';
import type { World } from './world.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const LIBRARY = '/usr/lib/meshpay';
const STATE = '/var/lib/meshpay';
const ETC = dirname(DEFAULT_CONFIG_FILE);
const RUN = dirname(DEFAULT_CONTROL_SOCKET);
const RADIO_RUN = dirname(DEFAULT_RADIO_STATUS);
const UNITS = '/run/systemd/system';
const TMPFILES = readFileSync(join(ROOT, 'systemd', 'meshpay.tmpfiles'), 'utf8');
/** Of the bundles; with all that they need themselves. */
const NATIVE_PACKAGES = ['classic-level', 'netlink'];
const INSTALL_TIMEOUT_MS = 120_000;
const SYSTEMCTL_TIMEOUT_MS = 90_000;

export type Program = 'meshpayd' | 'meshpay-radio';

export function unitOf(program: Program, node: WorldNode): string {
  return `${program}-${node.name}.service`;
}

/** Where a node that is a service has its files: as `network create` says, and the units. */
export function installed(node: WorldNode): NodeFiles {
  const [etc, state, run] = [own(ETC, node), own(STATE, node), own(RUN, node)];
  const place = (folder: string, real: string, name: string) => ({
    named: `${folder}/${name}`,
    real: `${real}/${name}`,
  });
  return {
    configFile: `${etc}/meshpayd.toml`,
    genesis: place(ETC, etc, 'genesis.json'),
    passphrase: place(ETC, etc, 'mesh.passphrase'),
    key: place(ETC, etc, 'node.key'),
    store: { named: STATE, real: state },
    socket: place(RUN, run, 'control.sock'),
  };
}

/** The node's own in place of a folder of MeshPay. */
function own(folder: string, node: WorldNode): string {
  return `${folder}-${node.name}`;
}

/** The user, the programs and the units; nothing runs yet. The nodes' files are there already. */
export async function installServices(world: World): Promise<Services> {
  const { outside, nodes } = world;
  await outside.must(['sh', '-ec', installation()], { timeoutMs: INSTALL_TIMEOUT_MS });
  for (const node of nodes) {
    for (const program of ['meshpay-radio', 'meshpayd'] as const) {
      const unit = unitOf(program, node);
      const text = readFileSync(join(ROOT, 'systemd', `${program}.service`), 'utf8');
      await outside.write(`${UNITS}/${unit}`, text, 0o644);
      await outside.write(`${UNITS}/${unit}.d/place.conf`, dropIn(program, node), 0o644);
    }
    const [etc, state, radio] = [ETC, STATE, RADIO_RUN].map((folder) => own(folder, node));
    // systemd 252 leaves /sys as it is for a network namespace of this kind; ip-netns(8) does not.
    const sys = `${node.folder}/sys`;
    const script = `mkdir ${radio} ${sys} ${state}
nsenter --net=${namespaceFile(node)} mount -t sysfs sysfs ${sys}
chown -R root:root ${etc}; chmod -R go-rwx ${etc}
chown -R meshpay:meshpay ${state}; chmod 0700 ${state}`;
    await outside.must(['sh', '-ec', script]);
    await outside.write(tmpfilesOf(node), TMPFILES.replaceAll(ETC, etc ?? ''), 0o644);
  }
  await outside.must(['systemctl', 'daemon-reload'], { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
  return new Services(world);
}

/** Copied and not linked, so that the units may hide the folders of people. */
function installation(): string {
  const packages = [...packagesOf(NATIVE_PACKAGES)].map(
    ([name, folder]) => `cp -rL '${folder}' ${LIBRARY}/node_modules/${name}`,
  );
  return `[ -e /usr/bin/node ] || ln -s '${process.execPath}' /usr/bin/node
systemd-sysusers '${ROOT}/systemd/meshpay.sysusers'
systemd-tmpfiles --create '${ROOT}/systemd/meshpay.tmpfiles'
mkdir -p ${LIBRARY}/node_modules ${RUN} ${RADIO_RUN}
cp '${MESHPAYD}' ${LIBRARY}/meshpayd.js
cp '${MESHPAY_RADIO}' ${LIBRARY}/meshpay-radio.js
cp '${MESHPAY}' ${LIBRARY}/meshpay.js
echo '{"type":"module"}' > ${LIBRARY}/package.json
${packages.join('\n')}
`;
}

/** These packages and all that they depend on, by name. */
function packagesOf(names: readonly string[], found = new Map<string, string>()) {
  for (const name of names) {
    const folder = join(ROOT, 'node_modules', name);
    if (found.has(name) || name.startsWith('@types/')) continue;
    found.set(name, realpathSync(folder));
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    packagesOf(Object.keys(dependencies), found);
  }
  return found;
}

/** The shipped rules for the node's own folder in place of MeshPay's. */
function tmpfilesOf(node: WorldNode): string {
  return `/run/tmpfiles.d/meshpay-${node.name}.conf`;
}

function namespaceFile(node: WorldNode): string {
  return `/run/netns/${node.name}`;
}

function dropIn(program: Program, node: WorldNode): string {
  const isDaemon = program === 'meshpayd';
  const folders = [ETC, STATE, RADIO_RUN, ...(isDaemon ? [RUN] : [])];
  const binds = folders.map((folder) => `${own(folder, node)}:${folder}`);
  const radio = unitOf('meshpay-radio', node);
  return `[Unit]
${isDaemon ? `Wants=${radio}\nAfter=${radio}\n` : ''}
[Service]
NetworkNamespacePath=${namespaceFile(node)}
BindPaths=${binds.join(' ')} ${node.folder}/sys:/sys
RuntimeDirectory=
RuntimeDirectory=${own(isDaemon ? 'meshpay' : 'meshpay-radio', node)}
${isDaemon ? daemonPlace(node) : ''}`;
}

/** What the daemon's unit does as root is done outside of the node's mounts. */
function daemonPlace(node: WorldNode): string {
  const mark = unusedMarkOf(`${own(ETC, node)}/node.key`);
  return `StateDirectory=
StateDirectory=${own('meshpay', node)}
ExecStartPre=
ExecStartPre=+-/usr/bin/systemd-tmpfiles --create ${tmpfilesOf(node)}
ExecStartPost=
ExecStartPost=+-/usr/bin/rm -f ${mark}
`;
}

export interface ServiceState {
  readonly active: string;
  /** Main process. */
  readonly pid: number;
  /** Starts by itself after failures. */
  readonly restarts: number;
  readonly result: string;
}

export class Services {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** One `systemctl start` (or stop, or restart) for all of these units. */
  async control(
    verb: 'start' | 'stop' | 'restart',
    units: readonly string[],
    waits = true,
  ): Promise<void> {
    const argv = ['systemctl', verb, ...(waits ? [] : ['--no-block']), ...units];
    await this.#world.outside.must(argv, { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
  }

  async state(unit: string): Promise<ServiceState> {
    const names = ['ActiveState', 'MainPID', 'NRestarts', 'Result'];
    const argv = ['systemctl', 'show', unit, ...names.map((name) => `--property=${name}`)];
    const text = await this.#world.outside.must(argv);
    const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
    return {
      active: value('ActiveState'),
      pid: Number(value('MainPID')),
      restarts: Number(value('NRestarts')),
      result: value('Result'),
    };
  }

  /** What the unit has said, and systemd of it. */
  async journal(unit: string): Promise<string> {
    return this.#world.outside.must(['journalctl', '--no-pager', '-o', 'cat', '-u', unit]);
  }
}
