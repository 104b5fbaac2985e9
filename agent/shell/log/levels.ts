/** How loud a line of the log is, and from which loudness on lines are written. */

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How loud a line is. */
export type Loudness = Exclude<LogLevel, 'silent'>;
