/**
 * One run of `meshpay`: words in, exit status out. The only place that shows failures: one line
 * `meshpay: CODE: field: expected ..., found ...`, hints below it, and a stack trace only for a
 * fault of this program, and only when --debug asks for it. With --json a failure is one line of
 * JSON instead, the last on standard error.
 *
 * A command ends when its `interrupt` is aborted, whatever it waits for: all it does is safe to be
 * cut off anywhere, as it must be for a dead battery. Only what has something to put back or to say
 * (`endsWithinMs`) is waited for.
 */
import { harmless } from '../core/base/characters.ts';
import { type ExitName, exitStatus } from '../shell/exit-codes.ts';
import type { Args, CommandSpec, Context } from './command.ts';
import { COMMANDS } from './commands.ts';
import { Failure, failure } from './failure.ts';
import { parseCommandLine } from './parse.ts';
import { renderCommandHelp, renderGroupHelp, renderOverview } from './render/help.ts';
import { outputFailure, systemFailure } from './system-errors.ts';
import { unlessStopped } from './wait.ts';

/** How a command ends that was stopped by this signal: 128 and its number, as shells have it. */
export const EXIT_OF_SIGNAL = {
  SIGHUP: 'hung_up',
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
} as const satisfies Partial<Record<NodeJS.Signals, ExitName>>;

/** Runs a command line (without node and script); gives the status to exit with. */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<number> {
  try {
    await dispatch(argv, context);
    const kept = await context.terminal.flushed();
    if (kept !== undefined) throw outputFailure(kept);
    return exitStatus('ok');
  } catch (error) {
    context.terminal.progress.clear();
    return report(error, context, asked(argv, '--debug'), asked(argv, '--json'));
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<void> {
  const { terminal } = context;
  const [first = '', ...rest] = argv;
  const words = first === '--version' || first === '-V' ? ['version', ...rest] : argv;
  const { spec, group, args, help } = parseCommandLine(words, COMMANDS);
  if (spec !== undefined && !help) return runUntilStopped(spec, args, context);
  if (spec !== undefined) return terminal.print(renderCommandHelp(terminal, spec));
  const members = COMMANDS.filter(({ path }) => path[0] === group[0]);
  if (group.length === 0) return terminal.print(renderOverview(terminal, COMMANDS));
  if (help) return terminal.print(renderGroupHelp(terminal, group, members));
  const expected = members.map(({ path }) => path[1] ?? '').join(', ');
  throw failure(
    'bad_usage',
    { field: `command after "meshpay ${group.join(' ')}"`, expected, found: 'nothing' },
    `"meshpay ${group.join(' ')} --help" says what they do.`,
  );
}

async function runUntilStopped(spec: CommandSpec, args: Args, context: Context): Promise<void> {
  const ran = spec.run(args, context).then(() => true);
  const done = await unlessStopped(ran, context.interrupt, spec.endsWithinMs ?? 0);
  if (done === undefined) throw failure('interrupted');
}

/** Whether the option is there, wherever a wrong command line has it. */
function asked(argv: readonly string[], option: '--debug' | '--json'): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes(option);
}

function report(error: unknown, context: Context, debug: boolean, json: boolean): number {
  const { interrupt, terminal } = context;
  const known = knownFailure(error, interrupt);
  const exit = known.exit === 'interrupted' ? exitOfStop(interrupt) : known.exit;
  if (json) {
    const { code, message, detail, hints } = known;
    const stack = debug ? { stack: stackOf(error) } : {};
    const { field, expected, found } = detail;
    const status = exitStatus(exit);
    terminal.noteJson({
      error: { code, status, message, field, expected, found, hints, ...stack },
    });
  } else {
    const { notePaint: paint } = terminal;
    terminal.note(
      `${paint.bad('meshpay:')} ${paint.strong(known.code)}: ${harmless(known.message)}`,
    );
    for (const hint of known.hints) terminal.note(`  ${harmless(hint)}`);
    if (debug) terminal.note(paint.faint(stackOf(error)));
  }
  return exitStatus(exit);
}

function knownFailure(error: unknown, interrupt: AbortSignal): Failure {
  const known = error instanceof Failure ? error : systemFailure(error);
  if (known !== undefined) return known;
  if (interrupt.aborted) return failure('interrupted');
  const text = 'a fault of this program, please report it';
  const hint = 'The same command with --debug shows where it happened.';
  return new Failure('internal', 'internal', text, [hint]);
}

function exitOfStop(interrupt: AbortSignal): ExitName {
  const signal = interrupt.reason as keyof typeof EXIT_OF_SIGNAL | undefined;
  return signal === undefined ? 'interrupted' : (EXIT_OF_SIGNAL[signal] ?? 'interrupted');
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
