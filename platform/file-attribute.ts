/**
 * Attributes of the kernel (sysfs): files that are there and take a whole value in one write.
 * Nothing is made, cut off or synced. Throws what the system says.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';

export function setAttribute(path: string, value: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    writeSync(file, value);
  } finally {
    closeSync(file);
  }
}
