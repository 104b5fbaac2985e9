/**
 * What network managers do with the mesh interface: whether those that were told to leave it alone
 * have obeyed, by their own words (NetworkManager, systemd-networkd) or by what they left in the
 * kernel (dhcpcd), and which run or are configured that cannot be told by a file of ours (iwd,
 * ConnMan, ifupdown).
 */
import { type Fault, fault } from '../fault.ts';
import { MANAGER_LOOK_TURNS } from '../limits.ts';
import { type Runner, readText } from '../runner.ts';
import type { ManagerName } from './managers.ts';

interface Question {
  readonly argv: readonly [string, ...string[]];
  /** What the answer says of an interface; undefined where it says nothing, or not yet. */
  readonly stateIn: (answer: string, interfaceName: string) => string | undefined;
}

const QUESTIONS: Readonly<Partial<Record<ManagerName, Question>>> = {
  NetworkManager: {
    argv: ['nmcli', '-t', '-f', 'DEVICE,STATE', 'device'],
    stateIn: nmcliState,
  },
  'systemd-networkd': { argv: ['networkctl', 'list', '--no-legend'], stateIn: networkctlState },
};

/** Before it has decided. */
const UNDECIDED: ReadonlySet<string> = new Set(['pending', 'initialized']);

/** `mesh0:unmanaged`, a line a device; colons in a name are escaped. */
export function nmcliState(answer: string, interfaceName: string): string | undefined {
  const line = answer.split('\n').find((each) => each.startsWith(`${interfaceName}:`));
  return line?.slice(interfaceName.length + 1).trim();
}

/** `  5 mesh0 wlan routable unmanaged`: index, name, type, operational state, setup. */
export function networkctlState(answer: string, interfaceName: string): string | undefined {
  const rows = answer.split('\n').map((line) => line.trim().split(/\s+/));
  const setup = rows.find(([, name]) => name === interfaceName)?.[4];
  return setup === undefined || UNDECIDED.has(setup) ? undefined : setup;
}

const ROUTES = '/proc/net/route';

/**
 * dhcpcd answers for what it has and not for what it leaves alone, so it is judged by what it does:
 * the mesh speaks IPv6 alone, and an IPv4 address shows as a route (net/ipv4/fib_trie.c). A leased
 * one is there within seconds, one of its own making (169.254/16) after ten.
 */
function routesIn(table: string, interfaceName: string): number {
  const names = table.split('\n').map((line) => line.split('\t')[0]?.trim());
  return names.filter((name) => name === interfaceName).length;
}

interface Look {
  readonly key: string;
  readonly holding: string | undefined;
  readonly turnsLeft: number;
}

/** A program every two seconds is dear: what was well is asked again now and then. */
export class ManagerLook {
  readonly #runner: Runner;
  /** By manager and interface. */
  readonly #looks = new Map<string, Look>();

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** What it says of the interface where it has it; `key` is all that its answer depends on. */
  async holding(name: ManagerName, interfaceName: string, key: string) {
    if (name === 'dhcpcd') return this.#byRoutes(interfaceName);
    const question = QUESTIONS[name];
    if (question === undefined) return undefined;
    const place = `${name} ${interfaceName}`;
    const last = this.#looks.get(place);
    if (last?.key === key && last.holding === undefined && last.turnsLeft > 0) {
      this.#looks.set(place, { ...last, turnsLeft: last.turnsLeft - 1 });
      return undefined;
    }
    const output = await this.#runner.output(question.argv);
    const answer = output.ok && output.value.status === 0 ? output.value.stdout : '';
    const state = question.stateIn(answer, interfaceName);
    const isHeld = state !== undefined && state !== 'unmanaged';
    const holding = isHeld ? `${interfaceName} is ${state}` : undefined;
    this.#looks.set(place, {
      key,
      holding,
      turnsLeft: state === undefined ? 0 : MANAGER_LOOK_TURNS,
    });
    return holding;
  }

  async #byRoutes(interfaceName: string): Promise<string | undefined> {
    const count = routesIn((await readText(this.#runner, ROUTES)) ?? '', interfaceName);
    return count === 0 ? undefined : `${interfaceName} has an IPv4 address`;
  }
}

/** Of units, while they run. */
const UNIT_FOLDER = '/sys/fs/cgroup/system.slice';
const CONNMAN_FILE = '/etc/connman/main.conf';
const IFUPDOWN_FILE = '/etc/network/interfaces';
const IFUPDOWN_FOLDER = '/etc/network/interfaces.d';

/**
 * Managers that no file of ours can tell. `names`: the mesh interface, and others of the radios.
 */
export async function strangers(
  runner: Runner,
  names: readonly string[],
): Promise<readonly Fault[]> {
  const runs = async (unit: string) => (await runner.list(`${UNIT_FOLDER}/${unit}`)).length > 0;
  const [mesh = ''] = names;
  const found: Fault[] = [];
  if (await runs('iwd.service')) {
    const expected = 'iwd off (systemctl disable --now iwd), or kept from this radio: iwd -P PHY';
    found.push(fault('manager_untold', 'manager iwd', expected, 'it runs, and takes every radio'));
  }
  if (await runs('connman.service')) {
    const list = blacklistIn((await readText(runner, CONNMAN_FILE)) ?? '');
    // It takes names by what they begin with.
    if (!list.some((each) => each !== '' && mesh.startsWith(each))) {
      const expected = `NetworkInterfaceBlacklist=${mesh} in [General] of ${CONNMAN_FILE}`;
      found.push(fault('manager_untold', 'manager ConnMan', expected, 'it runs without that'));
    }
  }
  const named = (await ifupdownNames(runner)).filter((name) => names.includes(name));
  if (named.length > 0) {
    const expected = `no interface of this radio in ${IFUPDOWN_FILE} and ${IFUPDOWN_FOLDER}`;
    found.push(fault('manager_untold', 'manager ifupdown', expected, named.join(', ')));
  }
  return found;
}

function blacklistIn(text: string): readonly string[] {
  const value = /^[ \t]*NetworkInterfaceBlacklist[ \t]*=(.*)$/m.exec(text)?.[1] ?? '';
  return value.split(/[,;]/).map((name) => name.trim());
}

/** `auto mesh0 eth0`, `allow-hotplug mesh0`, `iface mesh0 inet dhcp`. */
async function ifupdownNames(runner: Runner): Promise<readonly string[]> {
  const more = (await runner.list(IFUPDOWN_FOLDER)).map((name) => `${IFUPDOWN_FOLDER}/${name}`);
  const names = new Set<string>();
  for (const path of [IFUPDOWN_FILE, ...more]) {
    const text = (await readText(runner, path)) ?? '';
    for (const line of text.split('\n')) {
      const [verb = '', first = '', ...rest] = line.trim().split(/\s+/);
      if (verb === 'iface') names.add(first);
      else if (verb === 'auto' || verb.startsWith('allow-')) {
        for (const name of [first, ...rest]) names.add(name);
      }
    }
  }
  return [...names];
}
