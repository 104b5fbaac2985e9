/**
 * The person's terminal: what is printed, where, and whether it may be coloured or redrawn. Results
 * go to standard output, everything else to standard error, so that a pipe carries results only.
 *
 * Safety: this is the one way out of `meshpay`, and nothing leaves it that a person cannot see,
 * whoever wrote it and wherever it was printed: no controls, no marks that reorder, no colours but
 * our own.
 */
import { harmless, harmlessJson } from '../core/base/characters.ts';
import type { Environment } from './config.ts';
import { cleanPainted, type Paint, paintFor } from './render/paint.ts';

export interface Terminal {
  /** Prints a result: whole lines, without the last line's end. */
  print(text: string): void;
  /** Prints a result for a program, on one line if `indent` is 0. */
  printJson(value: unknown, indent?: number): void;
  /** Prints beside the results: warnings, hints, errors. */
  note(text: string): void;
  /** Prints beside the results, for a program: one line. */
  noteJson(value: unknown): void;
  /** Shows how a longer piece of work stands. */
  readonly progress: ProgressLine;
  /** A picture that is drawn over again; undefined where standard output is no terminal. */
  readonly screen: Screen | undefined;
  /** Colours for standard output. */
  readonly paint: Paint;
  /** Colours for standard error. */
  readonly notePaint: Paint;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  /**
   * Aborted when nobody can read any more what is printed. No reason to end, unless one only shows.
   */
  readonly lost: AbortSignal;
  /** Resolves when all that was printed is taken: with the error that kept it back, if one did. */
  flushed(): Promise<Error | undefined>;
}

export interface ProgressLine {
  /**
   * Replaces what is shown, once the work has taken a moment. On a terminal the line is redrawn;
   * elsewhere a line is added after a second, then every two if it changed.
   */
  show(line: string): void;
  /** Takes the line away; what comes next starts clean. */
  clear(): void;
}

export interface Screen {
  /** As of now: a person may make the window smaller. */
  size(): { readonly columns: number; readonly rows: number };
  /** Takes the last picture away and shows this one, of fewer rows than the screen has. */
  draw(picture: string): void;
}

/** Where text goes: a stream (outlet.ts), or a list in a test. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly lost?: AbortSignal;
  flushed?(): Promise<Error | undefined>;
}

const NEVER = new AbortController().signal;

/** A terminal over two streams. */
export function createTerminal(out: Sink, err: Sink, environment: Environment): Terminal {
  const colourOn = (sink: Sink): boolean =>
    sink.isTTY === true && !environment.noColour && !environment.dumbTerminal;
  const progress = createProgress(err, environment);
  return {
    print: (text) => {
      progress.clear();
      out.write(`${cleanPainted(text, colourOn(out))}\n`);
    },
    printJson: (value, indent = 2) => {
      progress.clear();
      out.write(`${harmlessJson(JSON.stringify(value, undefined, indent))}\n`);
    },
    note: (text) => {
      progress.clear();
      err.write(`${cleanPainted(text, colourOn(err))}\n`);
    },
    noteJson: (value) => {
      progress.clear();
      err.write(`${harmlessJson(JSON.stringify(value))}\n`);
    },
    progress,
    screen: createScreen(out, colourOn(out), environment),
    paint: paintFor(colourOn(out)),
    notePaint: paintFor(colourOn(err)),
    columns: columnsOf(out),
    lost: out.lost ?? NEVER,
    flushed: async () => out.flushed?.(),
  };
}

/** On a terminal, so short a piece of work shows nothing; elsewhere, a much longer one. */
const REDRAW_AFTER_MS = 150;
const LINE_AFTER_MS = 1_000;
const LINES_EVERY_MS = 2_000;

/** A terminal that does not know its width says 0. */
function columnsOf({ columns = 0 }: Sink): number {
  return columns > 0 ? columns : 80;
}

/** What a terminal that does not tell its height is taken for. */
const USUAL_ROWS = 24;

function createScreen(
  out: Sink,
  coloured: boolean,
  { dumbTerminal }: Environment,
): Screen | undefined {
  if (out.isTTY !== true || dumbTerminal) return undefined;
  let drawn = 0;
  return {
    size: () => {
      const { rows = 0 } = out;
      return { columns: columnsOf(out), rows: rows > 0 ? rows : USUAL_ROWS };
    },
    draw: (picture) => {
      const lines = cleanPainted(picture, coloured).split('\n');
      // Up to where the last one began, and away with all of it.
      const back = drawn === 0 ? '' : `\u001b[${drawn}A`;
      drawn = lines.length;
      out.write(`${back}\r\u001b[J${lines.join('\n')}\n`);
    },
  };
}

function createProgress(err: Sink, environment: Environment): ProgressLine {
  const redraws = err.isTTY === true && !environment.dumbTerminal;
  let wanted = '';
  let shown = '';
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    if (wanted === shown) return;
    shown = wanted;
    // A line that wraps could not be taken back by one carriage return.
    const fitting = wanted.slice(0, columnsOf(err) - 1);
    err.write(redraws ? `\r\u001b[K${fitting}` : `${wanted}\n`);
  };
  return {
    show: (line) => {
      wanted = harmless(line);
      if (timer === undefined) {
        timer = setTimeout(
          () => {
            draw();
            // Kept going while there is something to show: off a terminal, one line each interval.
            timer = setInterval(draw, redraws ? REDRAW_AFTER_MS : LINES_EVERY_MS);
            timer.unref();
          },
          redraws ? REDRAW_AFTER_MS : LINE_AFTER_MS,
        );
        timer.unref();
      } else if (redraws && shown !== '') draw();
    },
    clear: () => {
      clearInterval(timer);
      timer = undefined;
      if (shown !== '' && redraws) err.write('\r\u001b[K');
      wanted = '';
      shown = '';
    },
  };
}
