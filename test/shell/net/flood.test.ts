/**
 * Ten thousand connections from a hostile client: members and wallets that are linked notice
 * nothing, a member that comes in the middle of it gets in, and memory stays bounded.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { until } from '../../support/wait.ts';
import type { FloodReport, NodeReport } from './flood-node.ts';
import { identityOf, memberOf, onlyLink, startNode, type TestNode } from './harness.ts';

const CONNECTIONS = 10_000;
const TLS_CONNECTIONS = 1_500;
/** What so many connections may cost at most: places for handshakes and links, generously. */
const MOST_GROWTH_BYTES = 64 * 1024 * 1024;

const children: ChildProcess[] = [];
const nodes: TestNode[] = [];
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(nodes.map((node) => node.stop()));
});

function run(script: string, ...args: readonly string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [...args]);
  children.push(child);
  return child;
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a child ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (value) => {
      child.off('exit', onExit);
      resolve(value as T);
    });
  });
}

function ask(node: ChildProcess): Promise<NodeReport> {
  const answer = message<NodeReport>(node);
  node.send('report');
  return answer;
}

const MEMBERS = [1, 2, 3].map((n) => memberOf(identityOf(n), `member-${n}`));

async function join(n: number | undefined, port: number): Promise<TestNode> {
  const [target] = MEMBERS;
  const wanted = [{ host: '127.0.0.1', port, key: target?.key }];
  const identity = n === undefined ? undefined : identityOf(n);
  const node = await startNode(identity, { members: MEMBERS, wanted });
  nodes.push(node);
  await until(() => node.up().length === 1, 'a link to the node', 60_000);
  return node;
}

/** Sends a frame and waits for it to come back. */
async function exchange(node: TestNode): Promise<void> {
  const before = node.frames().length;
  node.links.send({ link: onlyLink(node), bytes: Uint8Array.of(1) });
  await until(() => node.frames().length > before, 'an answer', 60_000);
}

async function flood(
  victim: ChildProcess,
  port: number,
  count: number,
  kind: 'silent' | 'tls',
): Promise<string> {
  const before = await ask(victim);
  const [member, wallet] = [await join(2, port), await join(undefined, port)];
  const attacker = run('flood-attacker.js', `${port}`, `${count}`, kind);
  let done: FloodReport | undefined;
  const attack = message<FloodReport>(attacker).then((report) => {
    done = report;
    return report;
  });
  let exchanges = 0;
  let worst = before;
  let late: TestNode | undefined;
  while (done === undefined && attacker.exitCode === null && attacker.signalCode === null) {
    await Promise.all([exchange(member), exchange(wallet)]);
    exchanges += 1;
    const now = await ask(victim);
    if (now.residentBytes > worst.residentBytes) worst = now;
    assert.ok(now.handshakes <= NET_LIMITS.handshakes + NET_LIMITS.memberHandshakes);
    assert.ok(now.anonymous <= NET_LIMITS.anonymousLinks);
    if (late === undefined && now.refused > before.refused) late = await join(3, port);
  }
  const report = await attack;
  assert.ok(late !== undefined, 'a member joined while others were being refused');
  await exchange(late);
  for (const node of [member, wallet, late]) {
    assert.equal(node.events.filter(({ kind }) => kind === 'link_down').length, 0);
  }
  const growth = worst.residentBytes - before.residentBytes;
  assert.ok(growth < MOST_GROWTH_BYTES, `grew by ${growth} bytes`);
  const end = await ask(victim);
  attacker.disconnect();
  await Promise.all([member, wallet, late].map((node) => node.stop()));
  return (
    `${report.tried} connections (${kind}): ${report.open} open, ${end.refused - before.refused} ` +
    `refused, ${exchanges} exchanges meanwhile, grew by ${(growth / 2 ** 20).toFixed(1)} MiB`
  );
}

describe('a node under a flood of connections', () => {
  for (const [kind, count] of [
    ['silent', CONNECTIONS],
    ['tls', TLS_CONNECTIONS],
  ] as const) {
    it(`keeps serving its links while ${count} more are tried (${kind})`, async (test) => {
      const victim = run('flood-node.js');
      const { port } = await message<NodeReport>(victim);
      test.diagnostic(await flood(victim, port, count, kind));
      victim.disconnect();
    });
  }
});
