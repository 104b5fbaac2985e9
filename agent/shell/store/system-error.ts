/**
 * Telling what the operating system refuses from damage. A file that may not be opened, a disk that
 * is full, read-only or broken, too many open files: that says nothing about the records and must
 * never be called damage, because repairing damage costs an authority its vote.
 *
 * Damage is only what LevelDB calls corruption, a file that it names and that is not there or ends
 * too early, and what our own verification finds. LevelDB has only words for the system's errors:
 * "IO error: PATH: TEXT", where TEXT is strerror(3) of glibc or of musl. Its codes are missing
 * where a call was synchronous.
 */
import { errnoOf, messageOf } from './layout.ts';
import { StoreError } from './store-error.ts';

/** TEXT -> errno. */
const ERRNO_OF_TEXT: Readonly<Record<string, string>> = {
  'Permission denied': 'EACCES',
  'Operation not permitted': 'EPERM',
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Quota exceeded': 'EDQUOT',
  'File too large': 'EFBIG',
  'Read-only file system': 'EROFS',
  'Too many open files': 'EMFILE',
  'No file descriptors available': 'EMFILE',
  'Too many open files in system': 'ENFILE',
  'Input/output error': 'EIO',
  'I/O error': 'EIO',
  'Not a directory': 'ENOTDIR',
  'Is a directory': 'EISDIR',
  'Too many levels of symbolic links': 'ELOOP',
  'Symbolic link loop': 'ELOOP',
  'File name too long': 'ENAMETOOLONG',
  'Filename too long': 'ENAMETOOLONG',
  'Cannot allocate memory': 'ENOMEM',
  'Out of memory': 'ENOMEM',
  'No such file or directory': 'ENOENT',
  'Invalid argument': 'EINVAL',
};

/** Missing, or shorter than LevelDB knows it to be (a read past the end of a mapped table). */
const DAMAGE_ERRNOS = new Set<string | undefined>(['ENOENT', 'EINVAL']);

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'Give the files back to the user that runs this (chown -R), with mode 0700 and 0600.',
  ENOSPC: 'Make room on the disk, then start again.',
  EROFS: 'Mount the disk writable again; a card that turned read-only is often about to fail.',
  EMFILE: 'Allow more open files (ulimit -n, LimitNOFILE), then start again.',
  EIO: 'The disk answers with errors: see dmesg, and mend or replace it.',
};
const ADVICE_LIKE: Readonly<Record<string, string>> = {
  EPERM: 'EACCES',
  EDQUOT: 'ENOSPC',
  EFBIG: 'ENOSPC',
  ENFILE: 'EMFILE',
};
const ADVICE_OTHERWISE = 'Mend what the system says of this file, then start again.';
const KEEP = 'Keep the store as it is: nothing says that its records are damaged.';

/** What LevelDB threw, without what was put around it. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** The errno at the end of LevelDB's words; undefined if they are none, or none that is known. */
function errnoOfText(text: string): string | undefined {
  return ERRNO_OF_TEXT[text.slice(text.lastIndexOf(': ') + 2)];
}

/** Whether the system, and not the records, is why something could not be read or written. */
export function isSystemError(error: unknown): boolean {
  const cause = causeOf(error);
  if (isIoError(cause)) return !DAMAGE_ERRNOS.has(errnoOfText(messageOf(cause)));
  return /^E[A-Z0-9]+$/.test(errnoOf(cause) ?? '');
}

/** Whether LevelDB found its own files to be wrong. */
export function isCorruption(error: unknown): boolean {
  const cause = causeOf(error);
  if (isIoError(cause)) return !isSystemError(error);
  if (['LEVEL_CORRUPTION', 'LEVEL_NOT_FOUND'].includes(errnoOf(cause) ?? '')) return true;
  // "Invalid argument": a CURRENT that is gone, or a manifest of another kind.
  return cause instanceof Error && /^(Corruption|NotFound|Invalid argument): /.test(cause.message);
}

function isIoError(cause: unknown): boolean {
  if (errnoOf(cause) === 'LEVEL_IO_ERROR') return true;
  return cause instanceof Error && cause.message.startsWith('IO error: ');
}

/**
 * The refusal that an error of the system is, with the errno, the file, and what mends it. `file`:
 * where the error was met, for those that name none.
 */
export function systemRefusal(error: unknown, file = ''): StoreError {
  const cause = causeOf(error);
  const code = errnoOf(cause) ?? '';
  const said = messageOf(cause).replace(/^IO error: /, '');
  const errno = isIoError(cause) ? errnoOfText(said) : code;
  const coded = errno === undefined || said.startsWith(errno) ? said : `${errno}: ${said}`;
  const named = coded.includes(file) ? coded : `${coded}, ${file}`;
  const advice = ADVICE[ADVICE_LIKE[errno ?? ''] ?? errno ?? ''] ?? ADVICE_OTHERWISE;
  return new StoreError('store_unavailable', `${named}. ${advice} ${KEEP}`, undefined, errno);
}

/** Does something with a file; what the system refuses is thrown as a refusal that names it. */
export async function naming<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isSystemError(error) ? systemRefusal(error, file) : error;
  }
}
