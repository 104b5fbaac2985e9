/**
 * Logs: one JSON object a line on standard output, made by pino in this thread (a worker costs 10
 * MB) and written by log-output.ts. A full disk, or a reader that does not read, costs lines, never
 * memory or time. Secrets are taken out (log-clean.ts), repeated warnings and errors folded
 * (log-fold.ts).
 */
import { type Level, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './levels.ts';
import { LOG_FOLD_MS, MAX_FOLDED_MESSAGES } from './limits.ts';
import { cleanForLog, cleanText } from './log-clean.ts';
import { createFolder } from './log-fold.ts';
import type { LogHealth, LogOutput } from './log-output.ts';

/** Fields of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines. A message is a fixed text; what differs from time to time goes into the fields. */
export interface Log {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
}

export interface Logs extends Log {
  level: LogLevel;
  /** Whether the lines are written. */
  readonly health: LogHealth;
  /** Writes out what is folded or waits, as far as it goes in a moment, before the process ends. */
  flush(): void;
}

/** Makes the log of a node. `nowMs` is monotonic. */
export function createLogs(setup: {
  readonly level: LogLevel;
  readonly node: string;
  readonly output: LogOutput;
  readonly nowMs: () => number;
}): Logs {
  const { output, nowMs } = setup;
  const logger: Logger = pino(
    {
      level: setup.level,
      base: { node: setup.node },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    output,
  );
  const folder = createFolder<{ level: Level; message: string; fields: LogFields }>(
    LOG_FOLD_MS,
    MAX_FOLDED_MESSAGES,
  );

  const write = (level: Level, message: string, fields: LogFields): void => {
    logger[level](cleanForLog(fields), cleanText(message));
  };
  const writeFolded = (untilMs: number): void => {
    for (const { count, last } of folder.flush(untilMs)) {
      write(last.level, last.message, { ...last.fields, repeated: count });
    }
  };
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(level)) write(level, message, fields);
    };
  const folding =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (!logger.isLevelEnabled(level)) return;
      const entry = { level, message, fields };
      if (folder.take(`${level} ${message}`, entry, nowMs())) write(level, message, fields);
    };

  output.onRecovered = (lost) => write('warn', 'lines of this log were lost', { lost });
  setInterval(() => writeFolded(nowMs()), LOG_FOLD_MS).unref();
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: folding('warn'),
    error: folding('error'),
    fatal: at('fatal'),
    get level() {
      return logger.level as LogLevel;
    },
    set level(level) {
      logger.level = level;
    },
    get health() {
      return output.health ?? { lost: 0, fault: null };
    },
    flush: () => {
      writeFolded(Number.POSITIVE_INFINITY);
      output.flushSync?.();
    },
  };
}
