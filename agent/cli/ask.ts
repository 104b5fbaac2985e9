/**
 * Asking the person at the terminal. Where there is no terminal nobody is asked: a script says with
 * an option what it wants.
 */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

/** What the person types, without the end of the line; undefined: the line was closed (Ctrl-D). */
export type AskPerson = (
  question: string,
  kind?: 'shown' | 'secret',
) => Promise<string | undefined>;

/** Asks over these streams; undefined where they are no terminal. */
export function createAsk(
  input: ReadStream,
  output: WriteStream,
  interrupt: AbortSignal,
  onCtrlC: () => void,
): AskPerson | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question, kind = 'shown') => {
    // Readline echoes what is typed to its output: a secret one goes nowhere.
    const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
    const echo = kind === 'secret' ? nowhere : output;
    if (kind === 'secret') output.write(question);
    const lines = createInterface({ input, output: echo, terminal: true });
    lines.on('SIGINT', onCtrlC);
    const close = (): void => lines.close();
    interrupt.addEventListener('abort', close);
    const line = await new Promise<string | undefined>((resolve) => {
      lines.once('close', () => resolve(undefined));
      lines.question(kind === 'secret' ? '' : question, resolve);
    });
    interrupt.removeEventListener('abort', close);
    lines.close();
    if (kind === 'secret' || line === undefined) output.write('\n');
    return line;
  };
}

/** Whether the person agrees. Anything but a clear yes is a no. */
export function isYes(answer: string | undefined): boolean {
  return /^(y|yes)$/i.test(answer?.trim() ?? '');
}
