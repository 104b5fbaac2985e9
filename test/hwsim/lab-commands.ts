/** The words of the lab's prompt: each is one line in, one text out, and never throws. */
import { inPlace } from './bring-up.ts';
import { SEARCH_PATH } from './command.ts';
import { lossCount, setLoss } from './loss.ts';
import { meshPaths, ping, stations } from './mesh.ts';
import type { SpawnOptions, WorldNode } from './node.ts';
import { GUEST_ROOT } from './protocol.ts';
import { full, islands, line, ring, star, type Topology } from './topology.ts';
import type { World } from './world.ts';

/** Where a world keeps programs for people, under their usual names. */
export const PROGRAMS_FOLDER = `${GUEST_ROOT}/bin`;

export interface Command {
  readonly usage: string;
  readonly about: string;
  run(world: World, words: readonly string[]): Promise<string>;
}

const SHAPES: Readonly<Record<string, (radios: number) => Topology>> = { line, ring, star, full };

export type Commands = Readonly<Record<string, Command>>;

const COMMANDS: Commands = {
  shell: {
    usage: 'shell I, or just I',
    about: 'a shell in node I; leave it with exit',
    // Served by the prompt itself, which owns the terminal.
    run: () => Promise.resolve('shell takes the number of one node'),
  },
  run: {
    usage: 'run I PROGRAM ...',
    about: 'runs a program in node I',
    run: async (world, [radio, ...argv]) => {
      const node = world.node(number(radio));
      const result = await node.exec(inPlace(node, argv), { ...atNode(node) });
      const ended = result.code === 0 ? '' : `ended with ${result.signal ?? result.code}`;
      return [result.stdout.trimEnd(), result.stderr.trimEnd(), ended].filter(Boolean).join('\n');
    },
  },
  links: {
    usage: 'links',
    about: 'who hears whom',
    run: (world) => Promise.resolve(linksText(world)),
  },
  topology: {
    usage: 'topology line|ring|star|full',
    about: 'sets who hears whom; also "topology islands 0,1 2,3"',
    run: async (world, [name = '', ...groups]) => {
      const radios = world.nodes.length;
      const shape =
        name === 'islands'
          ? islands(
              radios,
              groups.map((group) => group.split(',').map(number)),
            )
          : shapeNamed(name, radios);
      if (typeof shape === 'string') return shape;
      await world.topology(shape);
      return linksText(world);
    },
  },
  cut: {
    usage: 'cut A B',
    about: 'takes a link away',
    run: async (world, [a, b]) => {
      await world.cut(number(a), number(b));
      return linksText(world);
    },
  },
  heal: {
    usage: 'heal A B',
    about: 'gives a link',
    run: async (world, [a, b]) => {
      await world.heal(number(a), number(b));
      return linksText(world);
    },
  },
  loss: {
    usage: 'loss I PERCENT',
    about: 'node I drops this share of what it receives; 0 ends it',
    run: async (world, [radio, percent]) => {
      await setLoss(world.node(number(radio)), number(percent));
      return `n${radio} drops ${percent} %`;
    },
  },
  dropped: {
    usage: 'dropped I',
    about: 'what node I has dropped since loss was set',
    run: async (world, [radio]) => {
      const { dropped, passed } = await lossCount(world.node(number(radio)));
      return `${dropped} dropped, ${passed} let through`;
    },
  },
  peers: {
    usage: 'peers I',
    about: 'the peerings of node I',
    run: async (world, [radio]) =>
      (await stations(world.node(number(radio))))
        .map(({ mac, plink, mfp }) => `${nameOf(world, mac)} ${plink} MFP ${mfp ? 'yes' : 'no'}`)
        .join('\n') || 'none',
  },
  paths: {
    usage: 'paths I',
    about: 'the mesh paths of node I',
    run: async (world, [radio]) =>
      (await meshPaths(world.node(number(radio))))
        .map(({ destination, nextHop, hops }) => {
          const [to, by] = [nameOf(world, destination), nameOf(world, nextHop)];
          return `${to} by ${by}${hops === undefined ? '' : `, ${hops} hops`}`;
        })
        .join('\n') || 'none',
  },
  ping: {
    usage: 'ping A B',
    about: 'five pings from A to B',
    run: async (world, [a, b]) => {
      const { sent, received, timesMs } = await ping(world.node(number(a)), world.node(number(b)));
      return `${received} of ${sent} answered; ${timesMs.map((ms) => `${ms} ms`).join(', ')}`;
    },
  },
  logs: {
    usage: 'logs',
    about: 'the last lines of every program',
    run: (world) => world.report(),
  },
  help: {
    usage: 'help',
    about: 'this list',
    run: () => Promise.resolve('help'),
  },
};

/**
 * Carries out one line of the prompt. An error becomes its text.
 * @param more words that only some worlds have
 */
export async function runCommand(world: World, text: string, more: Commands = {}): Promise<string> {
  const commands = { ...COMMANDS, ...more };
  const [word = '', ...rest] = text.trim().split(/\s+/);
  if (word === '') return '';
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (word === 'help') return helpText(commands);
  if (command === undefined) return `no command "${word}"; try help`;
  try {
    return await command.run(world, rest);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${reason}\nusage: ${command.usage}`;
  }
}

/** A topology by its name, or what is wrong with the name. */
export function shapeNamed(name: string, radios: number): Topology | string {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  return shape?.(radios) ?? `no topology "${name}": ${Object.keys(SHAPES).join(', ')}`;
}

/** How programs of a person run at a node: in its own folder, with MeshPay's programs at hand. */
export function atNode(node: WorldNode): Pick<SpawnOptions, 'cwd' | 'env'> {
  const path = `${PROGRAMS_FOLDER}:${SEARCH_PATH.join(':')}`;
  return { cwd: node.folder, env: { HOME: node.folder, PATH: path } };
}

function helpText(commands: Commands): string {
  const words = [...Object.values(commands), { usage: 'quit', about: 'ends the world' }];
  return words.map(({ usage, about }) => `${usage.padEnd(32)} ${about}`).join('\n');
}

function linksText(world: World): string {
  return world.links.links.map(([a, b]) => `${a}-${b}`).join(' ') || 'no links';
}

function nameOf(world: World, mac: string): string {
  return world.nodes.find((node) => node.mac === mac)?.name ?? mac;
}

export function number(word: string | undefined): number {
  if (word === undefined || !/^\d+(\.\d+)?$/.test(word)) {
    throw new RangeError(`a number was expected, not "${word ?? ''}"`);
  }
  return Number(word);
}
