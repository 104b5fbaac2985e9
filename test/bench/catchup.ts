/**
 * (m) A late authority catches up from one or two others: real processes and sockets on loopback,
 * so many certificates that it has not. How long it takes, and how much it fetches of what it
 * needs: what both send is fetched twice.
 *
 *   node dist/test/bench/catchup.js [--certificates N] [--accounts N] [--donors N]
 *
 * Those get their certificates past the network: the core takes them in here, with signatures
 * that it does not check. The late one checks them all.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Signer } from '../../agent/core/base/crypto.ts';
import type {
  Amount,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import {
  type Certificate,
  certificateCoder,
  NO_MEMO,
  type Order,
  orderHash,
  orderSigningBytes,
  voteSigningBytes,
} from '../../agent/core/codec/order.ts';
import type { Event } from '../../agent/core/io.ts';
import { createNode } from '../../agent/core/node.ts';
import { quickSignerFromSeed } from '../../agent/shell/keys.ts';
import { openStore } from '../../agent/shell/store/open.ts';
import { Overlay } from '../../agent/shell/store/overlay.ts';
import { makeNetwork, type TestNetwork, type TestNode } from '../process/network.ts';
import { type Figure, machine, table } from './machine.ts';
import { ROUTER_FLAGS } from './router.ts';

const VOTERS = [0, 1, 2] as const;
const { values } = parseArgs({
  options: {
    certificates: { type: 'string', default: '100000' },
    accounts: { type: 'string', default: '2000' },
    /** How many have them, 1 or 2. */
    donors: { type: 'string', default: '2' },
  },
});
const DONORS = [0, 1].slice(0, Number(values.donors));
const LATE = 3;
const CLIENT = 1n as LinkId;
const STAMP = { nowMs: 1, wallMs: 1 };
/** Steps between two commits, and between two looks at the late one. */
const STEPS = 1_000;
const LOOK_MS = 250;

/** Certificates of payments in a ring, a round of all accounts after the other. */
function* certificates(network: TestNetwork, count: number): Generator<Certificate> {
  const { id } = network.network;
  const payers = network.walletSeeds.map((seed) => quickSignerFromSeed(Buffer.from(seed, 'hex')));
  const members = VOTERS.map((n) =>
    quickSignerFromSeed(Buffer.from(network.seeds[n] ?? '', 'hex')),
  );
  for (let n = 0; n < count; n++) {
    const payer = payers[n % payers.length] as Signer;
    const recipient = payers[(n + 1) % payers.length]?.publicKey ?? payer.publicKey;
    const data = { recipient, token: 0 as TokenIndex, amount: 1n as Amount, memo: NO_MEMO };
    const sequence = BigInt(Math.floor(n / payers.length)) as Sequence;
    const action = { TAG: 'transfer' as const, data };
    const order: Order = { account: payer.publicKey, sequence, action };
    const vote = voteSigningBytes(id, 0 as Epoch, orderHash(id, order));
    yield {
      epoch: 0 as Epoch,
      order: { order, signature: payer.sign(orderSigningBytes(id, order)) },
      votes: members.map(({ sign }, member) => ({
        member: member as MemberIndex,
        signature: sign(vote),
      })),
    };
  }
}

function frame(message: Message): Event {
  const bytes = encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
  return { kind: 'frame', link: CLIENT, bytes };
}

/** Lets the core of a node that does not run take in what it is to have. */
async function fill(network: TestNetwork, member: number, all: readonly Certificate[]) {
  const node = network.authority(member);
  const opened = await openStore({ folder: node.config['store.folder'], allowVolatile: true });
  if (!('store' in opened) || opened.state !== 'sound') throw new Error('no store to fill');
  const { store } = opened;
  const authority = { member: member as MemberIndex, sign: node.signer.sign };
  const core = createNode({ network: network.network, verify: () => true, authority });
  const overlay = new Overlay(store, 8 * 1024 * 1024);
  const take = (event: Event) => overlay.write(core.step(event, STAMP, overlay).writes);
  const commit = async () => {
    await store.commit(overlay.beginCommit());
    overlay.endCommit();
  };
  take({ kind: 'start', seed: new Uint8Array(16) });
  for (const [n, certificate] of all.entries()) {
    // Its own vote is one that its ledger knows.
    take(frame({ TAG: 'order', data: certificate.order }));
    take(frame({ TAG: 'certificate', data: certificate }));
    if (n % STEPS === 0) await commit();
  }
  await commit();
  await store.close();
}

async function ledgerOf(node: TestNode) {
  const { ledger } = await node.control.request('status');
  return { digest: ledger?.digest, entries: Number(ledger?.journalEntries ?? 0) };
}

async function measure(network: TestNetwork, needed: number): Promise<Figure[]> {
  const donors = DONORS.map((n) => network.authority(n));
  const late = network.authority(LATE);
  await Promise.all(donors.map((node) => node.start({ nodeArgs: ROUTER_FLAGS })));
  const { digest, entries } = await ledgerOf(donors[0] as TestNode);
  const begunMs = performance.now();
  await late.start({ nodeArgs: ROUTER_FLAGS });
  for (;;) {
    const now = await ledgerOf(late);
    if (now.digest === digest) break;
    process.stderr.write(`\r${now.entries} of ${entries} `);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const seconds = (performance.now() - begunMs) / 1_000;
  process.stderr.write('\n');
  const { peers } = await late.control.request('peers');
  const fetched = peers.map(({ bytesIn }) => bytesIn);
  const sum = fetched.reduce((all, bytes) => all + bytes, 0);
  const shares = fetched
    .filter((bytes) => bytes > 0)
    .map((bytes) => Math.round((100 * bytes) / sum));
  const { memory } = await late.control.request('status');
  return [
    {
      what: `${entries.toLocaleString('en')} certificates from ${donors.length}`,
      value: seconds,
      unit: 's',
    },
    { what: 'certificates taken in', value: entries / seconds, unit: '/s' },
    { what: 'needed', value: needed / 1e6, unit: 'MB' },
    { what: 'fetched', value: sum / 1e6, unit: 'MB', note: `in shares of ${shares.join(', ')} %` },
    { what: 'fetched beyond what it needed', value: 100 * (sum / needed - 1), unit: '%' },
    { what: 'resident when done', value: memory.residentBytes / 2 ** 20, unit: 'MiB' },
  ];
}

const network = await makeNetwork({
  authorities: 4,
  wallets: Number(values.accounts),
  config: { 'log.level': 'warn' },
});
try {
  await network.start();
  for (const node of network.nodes) {
    await node.until(({ voting: { may } }) => may, 'the others have vouched for its first start');
  }
  await Promise.all(network.nodes.map((node) => node.stop()));
  const all = [...certificates(network, Number(values.certificates))];
  const needed = all.reduce((sum, one) => sum + encode(certificateCoder, one).length, 0);
  for (const donor of DONORS) {
    await fill(network, donor, all);
    process.stderr.write(`${network.authority(donor).name} has its certificates\n`);
  }
  const figures = await measure(network, needed);
  process.stdout.write(`Measured on ${machine()}\n\n${table('(m) Catching up', figures)}\n`);
} finally {
  await network.close();
}
