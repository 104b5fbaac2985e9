/**
 * `meshpay`: the entry of the command line. It joins the process to a run (run.ts): arguments,
 * streams, signals, exit status. The first Ctrl-C asks the command to end in order; a second one
 * ends it at once.
 */
import { exitStatus } from '../shell/exit-codes.ts';
import { readEnvironment } from './config.ts';
import { run } from './run.ts';
import { createTerminal } from './terminal.ts';

const environment = readEnvironment();
const terminal = createTerminal(process.stdout, process.stderr, environment);
const interrupt = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(exitStatus('interrupted'));
    interrupt.abort();
  });
}

// A reader that has seen enough (`meshpay events | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitStatus('ok'));
    process.exit(exitStatus('io'));
  });
}

process.exitCode = await run(process.argv.slice(2), {
  terminal,
  environment,
  interrupt: interrupt.signal,
});
