/**
 * Two nodes with one key, on one mesh: each hears the other, and the one that was first is sure.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../agent/core/base/bytes.ts';
import { makeBeacon } from '../../agent/core/network/beacon.ts';
import { identityOf, NETWORK } from '../shell/net/harness.ts';
import { createHosts, type Hosts, whyNoNamespaces } from '../support/namespaces.ts';
import { until } from '../support/wait.ts';
import type { TwinReport } from './twin-node.ts';

const skip = whyNoNamespaces() ?? false;
if (skip !== false) process.stdout.write(`# skipped: two nodes with one key: ${skip}\n`);

const SCRIPT = fileURLToPath(new URL('twin-node.js', import.meta.url));

describe('two nodes with one key', { skip }, () => {
  let hosts: Hosts;
  const children: ChildProcess[] = [];

  function run(host: number, number: number) {
    const args = ['netns', 'exec', hosts.name(host), process.execPath, SCRIPT, `${number}`];
    const child = spawn('ip', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(child);
    let latest: TwinReport | undefined;
    child.on('message', (report) => {
      latest = report as TwinReport;
    });
    return { latest: () => latest, send: (hex: string) => child.send({ hex }) };
  }

  before(() => {
    hosts = createHosts(2);
    hosts.plug(0);
    hosts.plug(1);
  });
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    hosts.remove();
  });

  it('hear each other, and the first one knows that it is no replay', async () => {
    const first = run(0, 1);
    await until(() => (first.latest()?.sent ?? 0) > 1, 'beacons of the first');
    assert.equal(first.latest()?.twins.heard, 0, 'its own beacons come back and are no alarm');
    const second = run(1, 1);
    await until(() => (first.latest()?.twins.certain ?? 0) > 0, 'the alarm of the first');
    await until(() => (second.latest()?.twins.heard ?? 0) > 0, 'the warning of the second');
    assert.equal(second.latest()?.twins.certain, 0);
  });

  it('are not made up by somebody who has no key', async () => {
    const honest = run(0, 2);
    const other = run(1, 3);
    const isUp = (node: typeof other) => (node.latest()?.sent ?? 0) > 0;
    await until(() => isUp(honest) && isUp(other), 'both nodes');
    const content = { role: 'relay', port: 1, counter: BigInt(Date.now() + 60_000) } as const;
    const forged = makeBeacon(NETWORK, identityOf(2).signer, content);
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    const genuine = makeBeacon(NETWORK, identityOf(2).signer, content);
    other.send(toHex(forged));
    other.send(toHex(genuine));
    // The second packet arrives after the first, so the first has been judged by then.
    await until(() => (honest.latest()?.twins.heard ?? 0) > 0, 'the genuine one');
    assert.equal(honest.latest()?.twins.heard, 1);
  });
});
