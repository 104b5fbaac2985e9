/** Errors of the operating system as failures that a person understands. */
import { strayIn } from '../core/base/characters.ts';
import { type Failure, failure, type ProblemCode } from './failure.ts';

/** Error -> code, what was expected, what was found (errno(3)). */
const BY_ERRNO: Readonly<Record<string, readonly [ProblemCode, string, string]>> = {
  ENOENT: ['file_missing', 'a file or folder', 'nothing'],
  ENOTDIR: ['file_missing', 'a folder on the way there', 'a file'],
  EISDIR: ['bad_file', 'a file', 'a folder'],
  EEXIST: ['file_exists', 'nothing there yet', 'a file'],
  ENOTEMPTY: ['file_exists', 'nothing there yet', 'a folder with something in it'],
  EACCES: ['file_forbidden', 'permission', 'none'],
  EPERM: ['file_forbidden', 'permission', 'none'],
  EROFS: ['file_failed', 'a file system that can be written', 'a read-only one'],
  ENOSPC: ['file_failed', 'free space', 'a full disk'],
  EDQUOT: ['file_failed', 'free space', 'a used-up quota'],
  EIO: ['file_failed', 'a working disk', 'an input or output error'],
  ENAMETOOLONG: ['bad_usage', 'a shorter path', 'one that is too long'],
  EMFILE: ['file_failed', 'fewer open files', 'too many'],
  EFBIG: ['file_failed', 'a file of any size', 'a limit on the size of files'],
};

/**
 * The failure that an exception of node:fs stands for; undefined for any other exception. `where`:
 * what it was about, if the exception names no path.
 */
export function systemFailure(error: unknown, where = 'file'): Failure | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return undefined;
  }
  if ('syscall' in error && error.syscall === 'uv_cwd') {
    const expected = 'one that is there, or absolute paths';
    return failure('file_missing', {
      field: 'working folder',
      expected,
      found: 'one that was removed',
    });
  }
  const isOfSystem = 'syscall' in error && 'errno' in error;
  const other = ['file_failed', 'the system to do it', error.code] as const;
  const row = BY_ERRNO[error.code] ?? (isOfSystem ? other : undefined);
  if (row === undefined) return undefined;
  const [code, expected, seen] = row;
  const field = 'path' in error && typeof error.path === 'string' ? error.path : where;
  const stray = error.code === 'ENOENT' ? strayIn(field) : undefined;
  const found = stray === undefined ? seen : `${seen}; the name has ${stray}`;
  return failure(code, { field, expected, found });
}

/** Why a result could not be printed. */
export function outputFailure(error: Error): Failure {
  const field = 'standard output';
  const found = 'code' in error ? String(error.code) : error.message;
  return (
    systemFailure(error, field) ??
    failure('file_failed', { field, expected: 'to be written', found })
  );
}
