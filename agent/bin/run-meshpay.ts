/**
 * `meshpay`: the entry of the command line. It joins the process to a run (run.ts): arguments,
 * streams, signals, exit status. The first Ctrl-C ends the command, or asks it to end in order
 * where it has something to put back; a second one ends it at once.
 */

import { createAsk } from '../cli/ask.ts';
import { readEnvironment } from '../cli/config.ts';
import { createOutlet } from '../cli/outlet.ts';
import { EXIT_OF_SIGNAL, runCommandLine } from '../cli/run.ts';
import { createTerminal } from '../cli/terminal.ts';
import { exitStatus } from '../shell/exit-codes.ts';
import { hashNatively } from '../shell/hash.ts';

hashNatively();
const environment = readEnvironment();
const [out, err] = [createOutlet(process.stdout), createOutlet(process.stderr)];
const terminal = createTerminal(out, err, environment);
const interrupt = new AbortController();

const stop = (signal: keyof typeof EXIT_OF_SIGNAL): void => {
  if (interrupt.signal.aborted) process.exit(exitStatus(EXIT_OF_SIGNAL[signal]));
  interrupt.abort(signal);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

const status = await runCommandLine(process.argv.slice(2), {
  terminal,
  environment,
  interrupt: interrupt.signal,
  ask: createAsk(process.stdin, process.stderr, interrupt.signal, () => stop('SIGINT')),
});
// Whatever a stopped command was waiting for would hold the process.
if (interrupt.signal.aborted) process.exit(status);
process.exitCode = status;
