/**
 * Hosts made of network namespaces: each has one interface, mesh0, on a common switch (a bridge in
 * a namespace of its own, so the machine's own network is never touched). Needs root.
 */
import { execFileSync } from 'node:child_process';

export interface Hosts {
  /** The namespace of host `n`, for `ip netns exec`. */
  name(n: number): string;
  /** Puts mesh0 into the host and brings it up. */
  plug(n: number): void;
  /** Takes mesh0 away, as when a radio is unplugged. */
  unplug(n: number): void;
  remove(): void;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why no namespaces can be made here; undefined: they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to make network namespaces';
  const probe = `mp${process.pid}p`;
  try {
    ip('netns', 'add', probe);
    try {
      ip('-n', probe, 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1');
      ip('-n', probe, 'link', 'add', 'probe2', 'type', 'bridge');
      return undefined;
    } finally {
      ip('netns', 'del', probe);
    }
  } catch (error) {
    return `no network namespaces here: ${error instanceof Error ? error.message.trim() : error}`;
  }
}

/** Why links cannot be made bad here; undefined: they can. To be asked after `whyNoNamespaces`. */
export function whyNoNetem(): string | undefined {
  const probe = `mp${process.pid}p`;
  ip('netns', 'add', probe);
  try {
    const tc = ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'loss', '1%'];
    execFileSync('ip', ['netns', 'exec', probe, ...tc], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'this kernel has no netem';
  } finally {
    ip('netns', 'del', probe);
  }
}

/** Removes what test runs that were killed left behind. */
function removeStale(): void {
  const listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [namespace, pid] of listed.matchAll(/^mp(\d+)(?:hub|h\d+|p)\b/gm)) {
    if (!isAlive(Number(pid))) ip('netns', 'del', namespace);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Makes `count` hosts, their mesh0 not plugged in yet. */
export function createHosts(count: number): Hosts {
  removeStale();
  const hub = `mp${process.pid}hub`;
  const name = (n: number) => `mp${process.pid}h${n}`;
  const made: string[] = [];

  function add(namespace: string): void {
    ip('netns', 'add', namespace);
    made.push(namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }

  add(hub);
  ip('-n', hub, 'link', 'add', 'hub', 'type', 'bridge', 'mcast_snooping', '0');
  ip('-n', hub, 'link', 'set', 'hub', 'up');
  for (let n = 0; n < count; n++) add(name(n));

  return {
    name,
    plug(n) {
      const port = `port${n}`;
      ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'mesh0', 'netns', name(n));
      ip('-n', hub, 'link', 'set', port, 'master', 'hub');
      ip('-n', hub, 'link', 'set', port, 'up');
      ip('-n', name(n), 'link', 'set', 'mesh0', 'up');
    },
    unplug(n) {
      ip('-n', hub, 'link', 'del', `port${n}`);
    },
    remove() {
      for (const namespace of made) ip('netns', 'del', namespace);
    },
  };
}
