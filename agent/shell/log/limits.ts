/** Bounds of logs: lines that are folded, and lines that wait for a reader or a disk. */

/** How long the same error is folded into one line, and how many different ones at a time. */
export const LOG_FOLD_MS = 10_000;
export const MAX_FOLDED_MESSAGES = 256;
/** Bytes of log lines that wait for a slow reader or a full disk; above it, lines are lost. */
export const MAX_UNWRITTEN_LOG_BYTES = 256 * 1024;
/** How long a log that cannot be written is left alone before the next try. */
export const LOG_RETRY_MS = 250;
/** At the end of the process a slow reader is waited for so often, and each time so long. */
export const LOG_FLUSH_TRIES = 20;
export const LOG_FLUSH_WAIT_MS = 10;
