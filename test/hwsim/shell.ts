/**
 * A person in a world of virtual radios: a prompt that cuts, heals, drops and looks, and a real
 * shell in any node.
 */
import { inPlace } from './bring-up.ts';
import { atNode, type Commands, runCommand } from './lab-commands.ts';
import type { WorldNode } from './node.ts';
import { LinePrompt, type PromptStreams } from './prompt.ts';
import type { World } from './world.ts';

/**
 * Serves the prompt until `quit`, the end of the input or the end of the world.
 * @returns 0, or 1 when the world died
 */
export async function runPrompt(
  world: World,
  streams: PromptStreams,
  more: Commands = {},
): Promise<number> {
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
      streams.output.write(`${await runCommand(world, line, more)}\n`);
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
  const { cwd, env } = atNode(node);
  const shell = await node.spawn(inPlace(node, ['bash', '--noprofile', '--norc', '-i']), {
    name: `${node.name}-shell-${Date.now()}`,
    ...(cwd !== undefined && { cwd }),
    env: { ...env, TERM: process.env['TERM'] ?? 'vt100', PS1: `${node.name}:\\w# ` },
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
