/**
 * The file of the control socket: a socket that a dead daemon left behind is removed, but only if
 * nobody answers there and it really is a socket; and the new one gets its mode before anybody can
 * connect to it.
 */
import { chownSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import type { Mismatch } from '../../core/base/detail.ts';

const SOCKET_MODE = 0o660;

/** Removes a stale socket at `path`. Answers what is wrong if something else is there. */
export async function clearSocketPath(path: string): Promise<Mismatch | undefined> {
  const problem = (expected: string, found: string): Mismatch => ({
    field: 'control.socket',
    expected,
    found,
  });
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return undefined;
  if (!there.isSocket()) return problem('a free path or a socket', `another file at ${path}`);
  if (await answers(path)) return problem('a path of its own', `a process that answers at ${path}`);
  rmSync(path, { force: true });
  return undefined;
}

/** Binds `server` to `path` with mode 0660 and, if given, this group. Rejects as listen does. */
export function listenAt(server: Server, path: string, groupId: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // bind(2) makes the file within listen(), so this mask holds for the socket and nothing else.
    const before = process.umask(0o777 & ~SOCKET_MODE);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      if (groupId !== undefined) chownSync(path, process.getuid?.() ?? 0, groupId);
    } catch (error) {
      reject(error as Error);
    } finally {
      process.umask(before);
    }
  });
}

/** The number of a group of this machine, from /etc/group: Node offers no other way. */
export function findGroup(name: string): number | Mismatch {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const id = Number(line?.split(':')[2] ?? Number.NaN);
  if (Number.isInteger(id)) return id;
  return { field: 'control.group', expected: 'a group of this machine', found: `"${name}"` };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    // Refused: nobody listens. Anything else (no permission, queue full): somebody may.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code !== 'ECONNREFUSED'));
  });
}
