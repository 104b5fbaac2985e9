/**
 * Discovery between hosts: nodes with nothing configured but the interface find each other by
 * beacons, prove their keys and link up over link-local addresses; interfaces come and go; what is
 * forged, replayed, foreign or too much is thrown away.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../../agent/core/base/bytes.ts';
import { makeBeacon } from '../../../agent/core/network/beacon.ts';
import { createHosts, type Hosts, whyNoNamespaces } from '../../support/namespaces.ts';
import { until } from '../../support/wait.ts';
import type { DiscoveryReport, RawPacket } from './discovery-node.ts';
import { identityOf, NETWORK } from './harness.ts';

const skip = whyNoNamespaces() ?? false;
if (skip !== false) process.stdout.write(`# skipped: discovery between hosts: ${skip}\n`);

const STRANGER = 9;

interface HostNode {
  latest(): DiscoveryReport | undefined;
  send(packet: RawPacket): void;
  kill(): void;
}

let hosts: Hosts;
const children: ChildProcess[] = [];

function run(n: number, number: number): HostNode {
  const script = fileURLToPath(new URL('discovery-node.js', import.meta.url));
  const args = ['netns', 'exec', hosts.name(n), process.execPath, script, `${number}`];
  const child = spawn('ip', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  let latest: DiscoveryReport | undefined;
  child.on('message', (report) => {
    latest = report as DiscoveryReport;
  });
  return {
    latest: () => latest,
    send: (packet) => child.send(packet),
    kill: () => child.kill('SIGKILL'),
  };
}

/** How a node sees the node of this number. */
function peerOf(node: HostNode, number: number) {
  const key = identityOf(number).publicKey[0];
  return node.latest()?.peers.find((peer) => peer.key === key);
}

function isLinked(node: HostNode, number: number): boolean {
  return ['syncing', 'connected', 'ready'].includes(peerOf(node, number)?.state ?? '');
}

describe('nodes on one mesh', { skip }, () => {
  let first: HostNode;
  let second: HostNode;
  let attacker: HostNode;

  before(() => {
    hosts = createHosts(3);
  });
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    hosts.remove();
  });

  it('wait for an interface that is absent at the start, and say so', async () => {
    hosts.plug(0);
    first = run(0, 1);
    second = run(1, 2);
    await until(() => /not there/.test(second.latest()?.mesh ?? ''), 'the complaint');
    await until(() => first.latest()?.mesh === 'up', 'the interface of the other');
    assert.equal(peerOf(first, 2)?.state, 'discovering');
    hosts.plug(1);
    await until(() => second.latest()?.mesh === 'up', 'the interface');
  });

  it('find each other and link up over link-local addresses', async () => {
    await until(() => isLinked(first, 2) && isLinked(second, 1), 'a link on both sides');
    for (const host of [peerOf(first, 2)?.host, peerOf(second, 1)?.host]) {
      assert.match(host ?? '', /^fe80::.*%mesh0$/);
    }
  });

  it('find a stranger too, and link up with it as a node', async () => {
    hosts.plug(2);
    const stranger = run(2, STRANGER);
    await until(() => isLinked(stranger, 1) && isLinked(stranger, 2), 'links of the stranger');
    await until(() => peerOf(first, STRANGER)?.state === 'connected', 'its place at the first');
    stranger.kill();
    await until(() => !isLinked(first, STRANGER), 'its end');
  });

  it('find each other again when a radio was unplugged and came back', async () => {
    hosts.unplug(1);
    await until(() => !isLinked(first, 2) && !isLinked(second, 1), 'the loss on both', 40_000);
    hosts.plug(1);
    await until(() => isLinked(first, 2) && isLinked(second, 1), 'the link again', 40_000);
  });

  it('ignore what is forged, replayed, foreign or malformed', async () => {
    attacker = run(2, STRANGER);
    await until(() => attacker.latest()?.mesh === 'up', 'the attacker');
    const { signer } = identityOf(20);
    const content = { role: 'relay', port: 7420, counter: 5n } as const;
    const genuine = makeBeacon(NETWORK, signer, content);
    const forged = makeBeacon(NETWORK, signer, { ...content, counter: 6n });
    forged[100] = (forged[100] ?? 0) ^ 1;
    const foreign = makeBeacon(new Uint8Array(32).fill(9), signer, content);
    const packets = [
      ['accepted', genuine],
      ['replayed', genuine],
      ['forged', forged],
      ['foreign', foreign],
      ['malformed', foreign.subarray(1)],
    ] as const;
    for (const [outcome, packet] of packets) {
      const count = () => first.latest()?.counts[outcome] ?? 0;
      const before = count();
      attacker.send({ hex: toHex(packet) });
      await until(() => count() > before, outcome);
    }
    assert.ok(peerOf(first, 20) !== undefined, 'the genuine one was believed');
    assert.ok(isLinked(first, 2), 'and the link to the other member never suffered');
  });

  it('look at no more signatures than the rate of a source allows', async () => {
    const before = first.latest()?.counts;
    assert.ok(before !== undefined);
    for (let n = 0; n < 200; n++) {
      const key = identityOf(30 + (n % 100)).signer;
      const counter = BigInt(1_000 + n);
      attacker.send({
        hex: toHex(makeBeacon(NETWORK, key, { role: 'relay', port: 1, counter })),
      });
    }
    await until(() => (first.latest()?.counts.overRate ?? 0) > before.overRate + 100, 'the rate');
    assert.ok(isLinked(first, 2));
  });
});
