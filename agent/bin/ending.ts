/** How both services end before there is anything to stop: by printing, or with a mistake. */
import process from 'node:process';
import { type ExitName, exitStatus } from '../shell/exit-codes.ts';
import { standardOutput } from '../shell/log/log-output.ts';

/** Ends with a message about what a person has to mend; each line says which program tells it. */
export function quit(program: string, exit: ExitName, lines: readonly string[]): void {
  const errors = standardOutput(2);
  for (const line of lines) errors.write(`${program}: ${line}\n`);
  errors.flushSync();
  process.exit(exitStatus(exit));
}

/** Prints what was asked for. A reader that has seen enough is no error; a full disk is. */
export function print(text: string): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(exitStatus(code === 'EPIPE' ? 'ok' : 'io'));
  });
  process.stdout.write(text);
}
