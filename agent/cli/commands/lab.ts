/** `meshpay lab`: a network on this machine, to play with or to develop against. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Args, CommandSpec, Context } from '../command.ts';
import { failure } from '../failure.ts';
import { runDemo, type Story } from '../lab/demo.ts';
import { type Lab, type LabNode, openLab } from '../lab/lab.ts';
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
import { aborted } from '../wait.ts';
import { wholeNumber } from './numbers.ts';

export const lab: CommandSpec = {
  path: ['lab'],
  summary: 'run a whole network on this machine, to try it',
  description: [
    'Founds a network, starts its authorities and relays as real meshpayd processes on loopback, ' +
      'and makes wallets with 1000.00 HRS each. Every second wallet reaches only the relay. Ctrl-C ' +
      'stops everything; no process is left behind, however the lab ends.',
    'The folder is temporary and goes with the lab, unless --dir names one: then it is kept, and the ' +
      'same network runs again next time.',
    'With --demo it pays several times, kills an authority, pays without it, brings it back and ' +
      'compares all ledgers.',
  ],
  positionals: [],
  options: [
    { name: 'demo', kind: 'flag', summary: 'show how payments survive the loss of an authority' },
    {
      name: 'once',
      kind: 'flag',
      summary: 'end after the demonstration, or as soon as all nodes are ready',
    },
    {
      name: 'authorities',
      kind: 'text',
      value: 'N',
      summary: 'how many authorities, 1 to 16; 4 if left out',
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
  ],
  examples: [
    { about: 'see it survive', line: 'meshpay lab --demo' },
    { about: 'a network to develop a wallet against', line: 'meshpay lab --dir ./lab --wallets 4' },
  ],
  run,
};

async function run(args: Args, context: Context): Promise<void> {
  const request = {
    authorities: wholeNumber(args, 'authorities', 1, 16) ?? 4,
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

/** Until Ctrl-C; a node that the person kills is told of, and the others go on. */
async function stay(opened: Lab, { terminal, interrupt }: Context): Promise<void> {
  const watch = setInterval(() => {
    for (const { name, daemon } of opened.nodes) {
      if (daemon.pid !== undefined || gone.has(name)) continue;
      gone.add(name);
      terminal.note(
        `${terminal.notePaint.warn(name)} has ended. Its log: ${daemon.folder}/meshpayd.log`,
      );
    }
  }, 250);
  const gone = new Set<string>();
  await aborted(interrupt);
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

async function unlessAborted<T>(work: Promise<T>, interrupt: AbortSignal): Promise<T> {
  const stopped = aborted(interrupt).then(() => {
    throw failure('interrupted');
  });
  return Promise.race([work, stopped]);
}

/** How this very program can be called again: by its name where it is installed under it. */
function programName(): string {
  const [node = 'node', script = 'meshpay'] = process.argv;
  return script.endsWith('.js') ? `${node} ${script}` : 'meshpay';
}
