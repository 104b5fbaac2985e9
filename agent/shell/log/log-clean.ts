/**
 * What may stand in a log: plain data of bounded size, and no secrets. A secret is known by the
 * field's name or by the value's shape, because one day somebody will log the wrong object: a key
 * file's text (mpsecret1..., 64 hexadecimal digits) and raw bytes never get through. Nor does what
 * could forge a line on the screen of whoever reads the log (core/base/characters.ts).
 */
import { harmlessLines } from '../../core/base/characters.ts';
import { nameOf } from '../../core/base/names.ts';

const SECRET_FIELD = /secret|seed|private|passphrase|password|token_key/i;
const SECRET_TEXT = /mpsecret1[a-z0-9]*|\b[0-9a-f]{64}\b/gi;
const REDACTED = '[redacted]';

const MAX_DEPTH = 6;
const MAX_ENTRIES = 64;
const MAX_TEXT = 2_000;

/** The value as it may be logged. */
export function cleanForLog(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
  }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return cleanError(value, depth);
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ENTRIES).map((entry) => cleanForLog(entry, depth + 1));
  }
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      name,
      SECRET_FIELD.test(name) ? REDACTED : cleanForLog(inner, depth + 1),
    ]),
  );
}

/** A text without secrets and without what nobody sees, of bounded length. */
export function cleanText(text: string): string {
  const cut = text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}...`;
  return harmlessLines(cut.replace(SECRET_TEXT, REDACTED));
}

/** A node's key for a log line. */
export function logKey(key: Uint8Array | undefined): string | undefined {
  return key === undefined ? undefined : nameOf('node', key);
}

function cleanError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  return {
    name,
    message: cleanText(message),
    ...('code' in error ? { code: cleanForLog(error.code, depth + 1) } : {}),
    stack: cleanText(stack ?? ''),
    ...(cause === undefined || depth >= MAX_DEPTH ? {} : { cause: cleanForLog(cause, depth + 1) }),
  };
}
