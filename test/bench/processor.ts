/** Processor time of other processes. Linux only. */
import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

/** Of all processes that this one started and waited for, and of theirs, in milliseconds. */
export function childrenMs(): number {
  // The name in parentheses may hold spaces; cutime and cstime are fields 16 and 17 (proc(5)).
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
}
