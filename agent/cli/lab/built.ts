/**
 * Where the build put what this program starts. It runs from somewhere in the folder `dist` of a
 * clone, in one file with all of itself or in many.
 */
import { fileURLToPath } from 'node:url';

const HERE = import.meta.url;
const DIST = '/dist/';

/** The path of a file below `dist`. It is not there when this program was installed elsewhere. */
export function builtFile(path: string): string {
  return fileURLToPath(builtUrl(path));
}

/** The same as a URL. */
export function builtUrl(path: string): string {
  const root = HERE.slice(0, HERE.lastIndexOf(DIST) + DIST.length);
  return new URL(path, HERE.includes(DIST) ? root : HERE).href;
}
