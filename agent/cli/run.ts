/**
 * One run of `meshpay`: words in, exit status out. The only place that shows failures: one line
 * `meshpay: CODE: field: expected ..., found ...`, hints below it, and a stack trace only for a
 * fault of this program, and only when --debug asks for it.
 */
import { harmless } from '../core/base/characters.ts';
import { exitStatus } from '../shell/exit-codes.ts';
import type { Context } from './command.ts';
import { COMMANDS } from './commands.ts';
import { Failure, failure } from './failure.ts';
import { parseCommandLine } from './parse.ts';
import { renderCommandHelp, renderGroupHelp, renderOverview } from './render/help.ts';
import { outputFailure, systemFailure } from './system-errors.ts';

/** Runs a command line (without node and script); gives the status to exit with. */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<number> {
  const debug = argv.includes('--debug');
  try {
    await dispatch(argv, context);
    const kept = await context.terminal.flushed();
    if (kept !== undefined) throw outputFailure(kept);
    return exitStatus('ok');
  } catch (error) {
    context.terminal.progress.clear();
    return report(error, context, debug);
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<void> {
  const { terminal } = context;
  const words = argv[0] === '--version' ? ['version', ...argv.slice(1)] : argv;
  const { spec, group, args, help } = parseCommandLine(words, COMMANDS);
  if (spec !== undefined && !help) return spec.run(args, context);
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

function report(error: unknown, { terminal, interrupt }: Context, debug: boolean): number {
  const paint = terminal.notePaint;
  const known = error instanceof Failure ? error : systemFailure(error);
  if (known !== undefined) {
    const { code, message, hints } = known;
    terminal.note(`${paint.bad('meshpay:')} ${paint.strong(code)}: ${harmless(message)}`);
    for (const hint of hints) terminal.note(`  ${harmless(hint)}`);
    if (debug) terminal.note(paint.faint(stackOf(error)));
    return exitStatus(known.exit);
  }
  if (interrupt.aborted) return exitStatus('interrupted');
  terminal.note(`${paint.bad('meshpay:')} internal: a fault of this program, please report it`);
  terminal.note(
    debug ? stackOf(error) : '  The same command with --debug shows where it happened.',
  );
  return exitStatus('internal');
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
