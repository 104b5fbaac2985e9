/**
 * Hosts on one switch (namespaces.ts) with addresses of their own and packets that get lost:
 * nftables drops a share of everything that comes in at each host, neighbour discovery included.
 */
import { execFileSync } from 'node:child_process';
import { createHosts, whyNoNamespaces } from './namespaces.ts';

export interface LossyMesh {
  /** What stands before the command line of a program that runs on the host. */
  place(host: number): string[];
  address(host: number): string;
  /** From now on every host loses so many per cent of what comes in: 0 to 100. */
  lose(percent: number): void;
  remove(): void;
}

/** Why packets cannot be lost here; undefined: they can. */
export function whyNoLoss(): string | undefined {
  const reason = whyNoNamespaces();
  if (reason !== undefined) return reason;
  const hosts = createHosts(1);
  try {
    filter(hosts.name(0), 50);
    return undefined;
  } catch (error) {
    return `no nftables that drop at random: ${error instanceof Error ? error.message : error}`;
  } finally {
    hosts.remove();
  }
}

/**
 * What a host has to be told so that it still finds its neighbours where most packets get lost: the
 * kernel's own three questions, a second apart, are answered in one of three times at 50 % and
 * hardly ever at 80 %, and whoever is not found is out of reach for everybody (RFC 4861, 10).
 */
const PATIENT = [
  'mcast_solicit=20',
  'ucast_solicit=20',
  'retrans_time_ms=200',
  'delay_first_probe_time=2',
];

/** `patient`: hosts that ask for their neighbours longer than the kernel does by itself. */
export function createMesh(count: number, patient = false): LossyMesh {
  const hosts = createHosts(count);
  const address = (host: number): string => `fd4d:6573:6850::${host + 1}`;
  for (let host = 0; host < count; host++) {
    hosts.plug(host);
    const add = ['addr', 'add', `${address(host)}/64`, 'dev', 'mesh0', 'nodad'];
    execFileSync('ip', ['-n', hosts.name(host), ...add], { stdio: 'pipe' });
    if (!patient) continue;
    const settings = PATIENT.map((setting) => `net.ipv6.neigh.mesh0.${setting}`);
    const set = ['netns', 'exec', hosts.name(host), 'sysctl', '-q', '-w', ...settings];
    execFileSync('ip', set, { stdio: 'pipe' });
  }
  return {
    place: (host) => ['ip', 'netns', 'exec', hosts.name(host)],
    address,
    lose(percent) {
      for (let host = 0; host < count; host++) filter(hosts.name(host), percent);
    },
    remove: () => hosts.remove(),
  };
}

function filter(namespace: string, percent: number): void {
  const rules = `table inet loss
delete table inet loss
table inet loss {
  chain incoming {
    type filter hook prerouting priority raw; policy accept;
    iifname != "mesh0" accept
    numgen random mod 1000 < ${Math.round(percent * 10)} drop
  }
}
`;
  execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], {
    input: rules,
    stdio: 'pipe',
  });
}
