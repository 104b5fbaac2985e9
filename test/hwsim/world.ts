/**
 * A world of virtual radios: one Debian kernel in QEMU, N mac80211_hwsim radios, each in a network
 * namespace of its own with the host's programs and files at hand, and a medium that is cut and
 * healed link by link. Scenarios are ordinary tests on the host:
 *
 *     const world = await bootWorld({ host, radios: 4 });
 *     await world.topology(line(4));
 *     await world.node(0).must(['iw', 'phy']);
 *     const agent = await world.node(0).spawn(['node', 'agent.js']);
 *     await world.close();
 *
 * The machine sees the host's root folder read-only, with a layer in memory over it: it cannot
 * change a file of the host. It has no network card.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterPatience } from '../support/patience.ts';
import { Channel } from './channel.ts';
import { SEARCH_PATH } from './command.ts';
import { prepareHost, type ReadyHost, type Say } from './host.ts';
import { buildInitramfs } from './initramfs.ts';
import {
  type Accelerator,
  type Clock,
  chooseAccelerator,
  type Machine,
  type Processor,
  startMachine,
} from './machine.ts';
import { WorldNode } from './node.ts';
import { type MaskWrite, OUTSIDE, type Tail } from './protocol.ts';
import type { MachineTime } from './time.ts';
import {
  type Cover,
  coverOf,
  maskWrites,
  type Topology,
  topologyOf,
  withLink,
  without,
  withoutRadio,
} from './topology.ts';

export interface WorldOptions {
  /** From `prepareHost`; without it the host is prepared here, and the lack of it is an error. */
  readonly host?: ReadyHost;
  /** 1 to 100, as many as mac80211_hwsim can make at once. */
  readonly radios: number;
  /** Default 1,536. */
  readonly memoryMiB?: number;
  /** Default: `host` where KVM works, and else `counted` (machine.ts). */
  readonly clock?: Clock;
  /** Of a machine with the host's time; default 2. */
  readonly cores?: number;
  /** ISO 3166 code of the regulatory domain. Default US. */
  readonly country?: string;
  /** Boots the machine with the host's systemd (services.ts). Default false. */
  readonly systemd?: boolean;
  readonly say?: Say;
}

export interface WorldFigures {
  readonly accelerator: Accelerator;
  readonly clock: Clock;
  readonly cores: number;
  readonly kernel: string;
  /** From the start of QEMU to the runner's first word, wall time. */
  readonly bootMs: number;
  /** From there to every radio in its namespace, wall time. */
  readonly setupMs: number;
}

const MAX_RADIOS = 100;
/** In the host's time, and for a busy host. */
const BOOT_TIMEOUT_MS = 300_000;
const SETUP_TIMEOUT_MS = 60_000;
const POWER_OFF_TIMEOUT_MS = 60_000;
const REPORT_LINES = 25;
const REPORT_TIMEOUT_MS = 5_000;

/**
 * Boots a world whose radios hear nobody yet.
 * @throws Error when the host cannot be prepared or the machine does not come up in 300 s, with the
 *   last lines of its console
 */
export async function bootWorld(options: WorldOptions): Promise<World> {
  const { radios, memoryMiB = 1_536, country = 'US', systemd = false } = options;
  const { say = () => undefined } = options;
  if (!Number.isInteger(radios) || radios < 1 || radios > MAX_RADIOS) {
    throw new RangeError(`radios: 1 to ${MAX_RADIOS}, not ${radios}`);
  }
  const host = options.host ?? (await prepareHost(say));
  if (host.kind === 'unavailable') throw new Error(host.reason);
  const runner = join(dirname(fileURLToPath(import.meta.url)), 'guest', 'main.js');
  const initramfs = buildInitramfs({
    kernel: host.kernel,
    busybox: host.busybox,
    runner: [process.execPath, runner],
    searchPath: [dirname(process.execPath), ...SEARCH_PATH].join(':'),
    radios,
    systemd,
  });
  const processor = await chooseProcessor(options, host, initramfs, say);
  const startMs = performance.now();
  const machine = await startMachine({ host, initramfs, processor, memoryMiB });
  const channel = new Channel(machine.socket);
  void machine.ended.then((how) => channel.fail(`the machine has ended: ${how}`));
  try {
    await ready(channel, machine);
    const readyMs = performance.now();
    await machine.removeFiles();
    const setup = await channel.request({ op: 'setup', radios, country }, SETUP_TIMEOUT_MS);
    const nodes = setup.radios.map(
      ({ radio, phy, mac }) => new WorldNode(channel, radio, phy, mac),
    );
    return new World(machine, channel, nodes, {
      ...processor,
      kernel: setup.kernel,
      bootMs: readyMs - startMs,
      setupMs: performance.now() - readyMs,
    });
  } catch (error) {
    machine.destroy();
    await machine.ended;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the world did not come up: ${reason}\n${machine.console().join('\n')}`);
  }
}

async function chooseProcessor(
  { clock, cores = 2 }: WorldOptions,
  host: ReadyHost,
  initramfs: Buffer,
  say: Say,
): Promise<Processor> {
  const counted = { accelerator: 'tcg', clock: 'counted', cores: 1 } as const;
  if (clock === 'counted') return counted;
  const accelerator = await chooseAccelerator(host, initramfs, say);
  if (clock === undefined && accelerator === 'tcg') return counted;
  return { accelerator, clock: 'host', cores };
}

export class World {
  readonly nodes: readonly WorldNode[];
  /** The first namespace, where the medium's monitor interface is. */
  readonly outside: WorldNode;
  readonly figures: WorldFigures;
  readonly time: MachineTime;
  readonly #machine: Machine;
  readonly #channel: Channel;
  #cover: Cover = [];
  #topology: Topology;
  #closing: Promise<void> | undefined;

  constructor(
    machine: Machine,
    channel: Channel,
    nodes: readonly WorldNode[],
    figures: WorldFigures,
  ) {
    this.#machine = machine;
    this.#channel = channel;
    this.nodes = nodes;
    this.outside = new WorldNode(channel, OUTSIDE);
    this.figures = figures;
    this.time = this.outside.time;
    this.#topology = topologyOf(nodes.length, []);
  }

  /** @throws RangeError when there is no such radio */
  node(radio: number): WorldNode {
    const node = this.nodes[radio];
    if (node === undefined) throw new RangeError(`radios are 0 to ${this.nodes.length - 1}`);
    return node;
  }

  /** The links that are up now. */
  get links(): Topology {
    return this.#topology;
  }

  /**
   * Makes the medium have exactly these links, now. Links that are in the old and the new topology
   * stay up all the while.
   * @throws Error when 64 groups cannot express it; nothing has been changed then
   */
  async topology(next: Topology): Promise<void> {
    if (next.radios !== this.nodes.length) {
      throw new RangeError(`a topology of ${next.radios} radios for ${this.nodes.length}`);
    }
    await this.#change(next, (writes) => this.#channel.request({ op: 'masks', writes }));
  }

  /** A power cut at one node. @returns the machine's time just before it */
  async perish(radio: number): Promise<number> {
    const place = this.node(radio).place;
    return this.#change(withoutRadio(this.#topology, radio), (writes) =>
      this.#channel.request({ op: 'perish', place, writes }),
    );
  }

  /** Takes one link away. */
  async cut(a: number, b: number): Promise<void> {
    return this.topology(without(this.#topology, a, b));
  }

  /** Gives one link (back). */
  async heal(a: number, b: number): Promise<void> {
    return this.topology(withLink(this.#topology, a, b));
  }

  /**
   * Runs a part of a scenario; when it fails, the error carries the last lines of every log.
   * @throws Error what `part` threw, with the report
   */
  async explain<T>(part: () => Promise<T>): Promise<T> {
    try {
      return await part();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\n\n${await this.report()}`, { cause: error });
    }
  }

  /** The last lines of every program that ran, and of the console. Never rejects. */
  async report(): Promise<string> {
    const tails = await this.#tails();
    const parts = tails.map(({ name, running, ended, lines }) =>
      [`--- ${name} (${running ? 'running' : `ended: ${ended}`})`, ...lines].join('\n'),
    );
    parts.push(['--- console', ...this.#machine.console().slice(-REPORT_LINES)].join('\n'));
    return parts.join('\n');
  }

  /** Calls `done` once, when the machine is gone for whatever reason. */
  onEnd(done: (how: string) => void): void {
    void this.#machine.ended.then(done);
  }

  /** Stops all programs and powers off; the process is gone afterwards in any case. */
  close(): Promise<void> {
    this.#closing ??= this.#powerOff();
    return this.#closing;
  }

  async #change<T>(next: Topology, write: (writes: MaskWrite[]) => Promise<T>): Promise<T> {
    const result = coverOf(next, this.#cover);
    if (result.kind === 'inexpressible') throw new Error(result.reason);
    const answer = await write(maskWrites(this.#cover, result.cover, next.radios));
    this.#cover = result.cover;
    this.#topology = next;
    return answer;
  }

  async #powerOff(): Promise<void> {
    await this.#channel.request({ op: 'off' }, POWER_OFF_TIMEOUT_MS).catch(() => undefined);
    // The runner ends when its port closes, and the machine with it.
    this.#channel.fail('the world was closed');
    const callOff = afterPatience(() => this.#machine.destroy(), POWER_OFF_TIMEOUT_MS);
    await this.#machine.ended;
    callOff();
  }

  async #tails(): Promise<readonly Tail[]> {
    try {
      return await this.#channel.request({ op: 'tails', lines: REPORT_LINES }, REPORT_TIMEOUT_MS);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [{ name: 'no logs', running: false, ended: reason, lines: [] }];
    }
  }
}

/** The runner's first word, or why it did not come. */
function ready(channel: Channel, machine: Machine): Promise<void> {
  return new Promise((resolve, reject) => {
    const callOff = afterPatience(
      () => reject(new Error(`nothing heard from the runner after ${BOOT_TIMEOUT_MS / 1000} s`)),
      BOOT_TIMEOUT_MS,
    );
    const stop = channel.onEvent((event) => {
      if (event.event !== 'ready') return;
      callOff();
      stop();
      resolve();
    });
    void machine.ended.then((how) => {
      callOff();
      reject(new Error(`the machine ended: ${how}`));
    });
  });
}
