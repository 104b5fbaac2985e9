/**
 * A world of virtual radios for a person to play in: a prompt that cuts, heals, drops and looks,
 * and a real shell in any node. `runLab` is the whole of it; `openShell` and `runPrompt` are there
 * for a program that starts agents in the nodes first. Also a program of its own:
 *
 *     node dist/test/hwsim/shell.js --radios 4 --topology ring
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { describeFigures, formMesh } from './figures.ts';
import { prepareHost, type Say } from './host.ts';
import { runCommand, shapeNamed } from './labCommands.ts';
import type { WorldNode } from './node.ts';
import { LinePrompt, type PromptStreams } from './prompt.ts';
import { bootWorld, type World } from './world.ts';

export interface LabOptions {
  readonly radios: number;
  /** line, ring, star or full. */
  readonly topology: string;
  readonly memoryMiB?: number;
  /** Runs when the radios are there and nothing else is; default: a secured mesh on all of them. */
  readonly prepare?: (world: World, say: Say) => Promise<void>;
}

const LAB_MESH = { meshId: 'meshpay-lab', passphrase: 'meshpay-lab-passphrase' };

/**
 * Boots the world, prepares it, and serves the prompt until its end.
 * @returns the exit code: 0, or 1 when the world could not be had or has died
 */
export async function runLab(options: LabOptions, streams: PromptStreams): Promise<number> {
  const say: Say = (text) => void streams.output.write(`${text}\n`);
  const shape = shapeNamed(options.topology, options.radios);
  if (typeof shape === 'string') {
    say(shape);
    return 1;
  }
  const host = await prepareHost(say);
  if (host.kind === 'unavailable') {
    say(`no virtual radios here: ${host.reason}`);
    return 1;
  }
  const { radios, memoryMiB, prepare = prepareMesh } = options;
  say(`booting ${radios} radios ...`);
  let world: World | undefined;
  try {
    world = await bootWorld({ host, radios, say, ...(memoryMiB && { memoryMiB }) });
    const ready = world;
    await ready.topology(shape);
    await ready.explain(() => prepare(ready, say));
    return await runPrompt(ready, streams);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await world?.close();
  }
}

/**
 * Serves the prompt until `quit`, the end of the input or the end of the world.
 * @returns 0, or 1 when the world died
 */
export async function runPrompt(world: World, streams: PromptStreams): Promise<number> {
  const prompt = new LinePrompt(streams, 'lab> ');
  let quitting = false;
  let died = false;
  world.onEnd((how) => {
    if (quitting) return;
    died = true;
    streams.output.write(`\nthe world has ended: ${how}\n`);
    prompt.close();
  });
  streams.output.write("type 'help' for the commands, 'quit' to end\n");
  for (;;) {
    const line = await prompt.next();
    if (line === undefined || /^(quit|exit)$/.test(line.trim())) break;
    const shell = /^(?:shell\s+)?(\d+)$/.exec(line.trim());
    if (shell === null) {
      streams.output.write(`${await runCommand(world, line)}\n`);
    } else if (streams.terminal === undefined) {
      streams.output.write("a shell needs a terminal; use 'run' instead\n");
    } else {
      const node = world.nodes[Number(shell[1])];
      if (node === undefined) streams.output.write(`radios are 0 to ${world.nodes.length - 1}\n`);
      else await openShell(node, streams);
    }
  }
  quitting = true;
  prompt.close();
  return died ? 1 : 0;
}

/** Connects the terminal to a shell in the node's namespace until that shell ends. */
export async function openShell(node: WorldNode, streams: PromptStreams): Promise<void> {
  const { input, output, terminal } = streams;
  const { rows, columns } = terminal?.size() ?? { rows: 24, columns: 80 };
  const shell = await node.spawn(['bash', '--noprofile', '--norc', '-i'], {
    name: `${node.name}-shell-${Date.now()}`,
    cwd: node.folder,
    env: { TERM: process.env['TERM'] ?? 'vt100', PS1: `${node.name}:\\w# ` },
    terminal: { rows, columns },
    onOutput: (bytes) => void output.write(bytes),
  });
  // Keys are sent in their order: each waits until the one before has arrived.
  let sent: Promise<void> = Promise.resolve();
  const forward = (bytes: Buffer): void => {
    sent = sent.then(() => shell.input(bytes)).catch(() => undefined);
  };
  terminal?.setRaw(true);
  input.on('data', forward);
  input.resume();
  try {
    while ((await shell.wait(60_000)).running) {
      // A shell may be idle for as long as its user likes.
    }
  } finally {
    input.off('data', forward);
    input.pause();
    terminal?.setRaw(false);
  }
}

async function prepareMesh(world: World, say: Say): Promise<void> {
  say(`forming the mesh "${LAB_MESH.meshId}", passphrase "${LAB_MESH.passphrase}" ...`);
  const mesh = await formMesh(world, LAB_MESH);
  for (const text of describeFigures(world, mesh, [])) say(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      radios: { type: 'string', default: '4' },
      topology: { type: 'string', default: 'line' },
      memory: { type: 'string', default: '1536' },
    },
  });
  const { stdin, stdout } = process;
  const terminal = {
    setRaw: (raw: boolean): void => void stdin.setRawMode(raw),
    size: () => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 }),
  };
  return runLab(
    { radios: Number(values.radios), topology: values.topology, memoryMiB: Number(values.memory) },
    { input: stdin, output: stdout, ...(stdin.isTTY && stdout.isTTY ? { terminal } : {}) },
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main();
