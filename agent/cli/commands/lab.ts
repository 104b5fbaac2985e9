/** `meshpay lab`: a network on this machine, to play with or to develop against. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Args, CommandSpec, Context } from '../command.ts';
import { failure } from '../failure.ts';
import { runDemo } from '../lab/demo.ts';
import type { Story } from '../lab/demo-story.ts';
import { type Lab, type LabNode, openLab } from '../lab/lab.ts';
import { runRadioLab, TOPOLOGIES } from '../lab/radios.ts';
import {
  type LabLook,
  renderChapter,
  renderDemoResult,
  renderLabHead,
  renderLabPayment,
  renderNext,
  renderSaid,
  renderStarted,
} from '../render/lab.ts';
import { anyAborted, unlessAborted } from '../wait.ts';
import { wholeNumber } from './numbers.ts';

/** Its daemons end within five seconds each, beside each other. */
const LAB_ENDS_MS = 15_000;

export const lab: CommandSpec = {
  path: ['lab'],
  endsWithinMs: LAB_ENDS_MS,
  summary: 'run a whole network on this machine, to try it',
  description: [
    'Founds a network, starts its authorities and relays as real meshpayd processes on loopback, ' +
      'and makes wallets with 1000.00 HRS each. Every second wallet reaches only the relay. Ctrl-C ' +
      'stops everything; no process is left behind, however the lab ends.',
    'The folder is temporary and goes with the lab, unless --dir names one: then it is kept, and the ' +
      'same network runs again next time.',
    'With --radios the nodes meet over virtual radios instead: a virtual machine with a real WPA3-SAE ' +
      'mesh, meshpay-radio, meshpayd and a wallet in each node, and a prompt that cuts and heals links, ' +
      'loses packets, kills nodes, and gives a shell in any of them. It needs a clone of the source on ' +
      'Debian or Ubuntu (x86-64), and about 240 MB of packages the first time.',
    'With --demo it pays several times, withdraws money and takes some in through a cashier, kills an ' +
      'authority, pays without it and brings it back, cuts the network in two halves and heals it, and ' +
      'compares all ledgers.',
  ],
  positionals: [],
  options: [
    {
      name: 'demo',
      kind: 'flag',
      summary: 'show how payments survive the loss of an authority, and a split',
    },
    {
      name: 'once',
      kind: 'flag',
      summary: 'end after the demonstration, or as soon as all nodes are ready',
    },
    {
      name: 'authorities',
      kind: 'text',
      value: 'N',
      summary: 'how many authorities, 1 to 31; 4 if left out',
    },
    { name: 'relays', kind: 'text', value: 'N', summary: 'how many relays, 0 to 8; 1 if left out' },
    {
      name: 'wallets',
      kind: 'text',
      value: 'N',
      summary: 'how many wallets, 0 to 32; 2 if left out',
    },
    {
      name: 'dir',
      kind: 'text',
      value: 'FOLDER',
      completes: 'folder',
      summary: 'keep everything in this folder',
    },
    {
      name: 'radios',
      kind: 'text',
      value: 'N',
      summary: 'N nodes with virtual radios in a virtual machine, 1 to 12',
    },
    {
      name: 'topology',
      kind: 'text',
      value: 'SHAPE',
      summary: `with --radios, who hears whom: ${TOPOLOGIES.join(', ')}; line if left out`,
    },
  ],
  examples: [
    { about: 'see it survive', line: 'meshpay lab --demo' },
    { about: 'a network to develop a wallet against', line: 'meshpay lab --dir ./lab --wallets 4' },
    { about: 'a mesh of six radios in a ring', line: 'meshpay lab --radios 6 --topology ring' },
  ],
  run,
};

async function run(args: Args, context: Context): Promise<void> {
  const radios = wholeNumber(args, 'radios', 1, 12);
  if (radios !== undefined) return runRadioLab({ radios, topology: topologyOf(args) });
  if (args.text('topology') !== undefined) {
    throw failure('bad_usage', { field: '--topology', expected: '--radios beside it' });
  }
  const request = {
    authorities: wholeNumber(args, 'authorities', 1, 31) ?? 4,
    relays: wholeNumber(args, 'relays', 0, 8) ?? 1,
    wallets: wholeNumber(args, 'wallets', 0, 32) ?? 2,
  };
  const isDemo = args.flag('demo');
  if (isDemo && (request.authorities < 4 || request.wallets < 2)) {
    throw failure('bad_usage', {
      field: '--demo',
      expected: 'at least 4 authorities and 2 wallets',
      found: `${request.authorities} and ${request.wallets}`,
    });
  }
  const kept = args.text('dir');
  const folder = kept === undefined ? mkdtempSync(join(tmpdir(), 'meshpay-lab-')) : resolve(kept);
  try {
    const opened = await openLab({ ...request, folder });
    try {
      await runLab(opened, { isDemo, isOnce: args.flag('once') }, context);
    } finally {
      context.terminal.progress.show('Stopping the nodes...');
      await opened.close();
      context.terminal.progress.clear();
    }
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Of a lab with radios, which has no other options. */
function topologyOf(args: Args): (typeof TOPOLOGIES)[number] {
  const others = ['authorities', 'relays', 'wallets', 'dir'].filter((name) => args.text(name));
  const flags = ['demo', 'once'].filter((name) => args.flag(name));
  const [other] = [...others, ...flags];
  if (other !== undefined) {
    throw failure('bad_usage', {
      field: '--radios',
      expected: 'no option beside it but --topology',
      found: `--${other}`,
    });
  }
  const wanted = args.text('topology') ?? 'line';
  const topology = TOPOLOGIES.find((name) => name === wanted);
  if (topology !== undefined) return topology;
  const expected = `one of ${TOPOLOGIES.join(', ')}`;
  throw failure('bad_usage', { field: '--topology', expected, found: `"${wanted}"` });
}

interface Mode {
  readonly isDemo: boolean;
  readonly isOnce: boolean;
}

async function runLab(opened: Lab, { isDemo, isOnce }: Mode, context: Context): Promise<void> {
  const { terminal, interrupt } = context;
  const look: LabLook = { paint: terminal.paint, program: programName() };
  const story = storyOn(context, look);
  terminal.print(renderLabHead(look, opened));
  story.chapter('Starting the nodes');
  story.busy('Waiting for the nodes to find each other...');
  const times = await unlessAborted(
    Promise.all(opened.nodes.map((node) => opened.start(node))),
    interrupt,
  );
  if (times === undefined) throw failure('interrupted');
  for (const [at, node] of opened.nodes.entries()) story.started(node, times[at] ?? 0);
  if (isDemo) {
    const result = await runDemo(opened, story, interrupt);
    terminal.print(renderDemoResult(look, result));
  }
  if (isOnce) return;
  terminal.print(renderNext(look, opened));
  terminal.note(terminal.notePaint.faint('\nThe network runs. Ctrl-C stops it.'));
  await stay(opened, context);
}

/** Until Ctrl-C; a node that the person kills is mentioned, and the others go on. */
async function stay(opened: Lab, { terminal, interrupt }: Context): Promise<void> {
  const gone = new Set<string>();
  const watch = setInterval(() => {
    for (const { name, daemon } of opened.nodes) {
      if (daemon.pid !== undefined || gone.has(name)) continue;
      gone.add(name);
      terminal.note(
        `${terminal.notePaint.warn(name)} has ended. Its log: ${daemon.folder}/meshpayd.log`,
      );
    }
  }, 250);
  await anyAborted(interrupt, terminal.lost);
  clearInterval(watch);
}

function storyOn({ terminal }: Context, look: LabLook): Story {
  return {
    chapter: (title) => terminal.print(renderChapter(look, title)),
    started: (node: LabNode, readyMs) => terminal.print(renderStarted(look, node, readyMs)),
    paid: (payment) => terminal.print(renderLabPayment(look, payment)),
    said: (text) => terminal.print(renderSaid(look, text)),
    busy: (text) => terminal.progress.show(text),
  };
}

/** How this very program can be called again: by its name where it is installed under it. */
function programName(): string {
  const [node = 'node', script = 'meshpay'] = process.argv;
  return /\.m?js$/.test(script) ? `${node} ${script}` : 'meshpay';
}
