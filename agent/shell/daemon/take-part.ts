/**
 * The part of a node that takes part: loop, links and discovery, joined. Events come from the links
 * into the loop, what the core sends goes from the loop to the links, and discovery tells the links
 * whom they may dial.
 */
import { randomBytes } from 'node:crypto';
import { SEED_BYTES } from '../../core/base/limits.ts';
import type { Read } from '../../core/io.ts';
import { createNode } from '../../core/node.ts';
import type { Notice } from '../../core/notice.ts';
import { LedgerView } from '../../core/views.ts';
import type { Config } from '../config/config-schema.ts';
import { viewOfNotice } from '../control/event-view.ts';
import { createLoop, type Loop } from '../loop.ts';
import { createMeter } from '../meter.ts';
import { type Address, formatAddress, isLinkLocal } from '../net/address.ts';
import { createDiscovery, type OwnBeacon } from '../net/discovery.ts';
import { identityFromSeed } from '../net/identity.ts';
import { createLinks, type Links } from '../net/links.ts';
import { rememberSignatures } from '../remember.ts';
import { errnoOf } from '../store/layout.ts';
import type { Store } from '../store/store.ts';
import { createVerify } from '../verify.ts';
import type { Closers } from './closers.ts';
import type { DaemonContext, Running } from './context.ts';
import { logNotice } from './log-notice.ts';
import { beaconInterfaces, wantedPeers } from './reload.ts';
import { exitOf, StartFailure } from './start-failure.ts';
import { createPeerTeller, logLink } from './tell.ts';
import { createTwinWatch } from './twin-watch.ts';

/** Brings it up; what has to be taken down again is left in `closers`, also after an error. */
export async function takePart(setup: {
  readonly context: DaemonContext;
  readonly store: Store;
  readonly closers: Closers;
  readonly onFatal: (error: unknown) => void;
}): Promise<Running> {
  const { context, store, closers, onFatal } = setup;
  const { config, identity, clock, logs } = context;
  const { network, signer, member } = identity;
  const meter = createMeter({ verify: createVerify(), sign: signer.sign });
  const { verify, spent } = meter;
  const sign = rememberSignatures(meter.sign);
  const authority = member === undefined ? {} : { authority: { member, sign } };
  const node = createNode({ network, verify, ...authority });
  let state: Read = store;
  let isFirstStepDone = false;

  const loop: Loop = createLoop({
    step(event, stamp, read) {
      state = read;
      return node.step(event, stamp, read);
    },
    store,
    clock,
    spent,
    onSend: (send, cause) => links.send(send, cause),
    onClose: (close) => links.close(close),
    onNotice: (notice) => hear(context, links, notice),
    onRelief: (link) => links.resume(link),
    onFruitless: (link, cost) => links.fruitless(link, cost),
    fatal(error) {
      // Before that, whoever waits for the first step hears of it.
      if (isFirstStepDone) onFatal(error);
    },
  });
  const links = createLinks({
    network: network.id,
    identity: identityFromSeed(identity.seed),
    members: network.committee.members,
    listen: config['listen.addresses'],
    wanted: wantedPeers(config, identity),
    dialFound: config['discovery.dial'],
    transport: config['links.transport'],
    emit: (event, place) => loop.offer(event, place) === 'taken',
    report: (report) => logLink(context, report),
    onPeer: createPeerTeller(context),
    limits: {
      links: config['limits.links'],
      nodeLinks: config['limits.node_links'],
      anonymousLinks: config['limits.anonymous_links'],
      anonymousTokensPerSecond: config['limits.anonymous_rate'],
    },
  });
  let heardAtMs: number | undefined;
  const own = ownBeacon(context);
  const discovery = createDiscovery({
    network: network.id,
    interfaces: beaconInterfaces(config),
    port: config['discovery.port'],
    own,
    verify,
    onFound(found) {
      heardAtMs = clock.stamp().nowMs;
      links.found(found);
    },
    onInterface(name, problem) {
      if (problem === undefined) logs.info('beacons on an interface', { interface: name });
      else logs.warn('no beacons on an interface', { interface: name, problem });
    },
  });

  const twins = createTwinWatch({
    network: network.id,
    key: signer.publicKey,
    interfaces: beaconInterfaces(config),
    port: config['discovery.port'],
    verify,
    nextCounter: () => (own?.firstCounter ?? 0n) + BigInt(discovery.counts().sent),
    onTwin: (address) => logs.error('another node has the key of this one', { address }),
  });

  closers.add(async () => {
    const result = await loop.stop();
    if (result !== 'clean') logs.error('the loop did not end cleanly', { result });
  });
  loop.offer({ kind: 'start', seed: randomBytes(SEED_BYTES) });
  // Nobody meets a node whose ledger does not have its network yet: it could not be backed up.
  await loop.settled();
  isFirstStepDone = true;
  closers.add(() => links.stop());
  await startLinks(links, config);
  closers.add(() => discovery.stop());
  discovery.start();
  closers.add(() => twins.stop());
  twins.start();
  return {
    store,
    loop,
    links,
    discovery,
    twins,
    ledger: new LedgerView(),
    get heardAtMs() {
      return heardAtMs;
    },
    get read() {
      return state;
    },
  };
}

function hear(context: DaemonContext, links: Links, notice: Notice): void {
  const { network } = context.identity;
  context.counters.count(notice);
  context.listeners.tell(notice);
  logNotice(context.logs, network, notice);
  context.events.publish(() => viewOfNotice(network, notice));
  if (notice.kind !== 'compared') return;
  context.progress.compared(notice.member, notice.equal);
  const key = network.committee.members[notice.member]?.key;
  // A peer stays ready once it was: ledgers that take payments differ for a moment all the time.
  if (notice.equal && key !== undefined) links.progress(key, 'ready');
}

async function startLinks(links: Links, config: Config): Promise<void> {
  try {
    await links.start();
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const listed = config['listen.addresses'].map(formatAddress).join(', ');
    const found = whatFailed(code, error as Error & Partial<SocketFault>);
    const text = `listen.addresses: expected addresses that are free, ${listed}, found ${found}`;
    throw new StartFailure(exitOf(error), text);
  }
}

/** What Node adds to an error of a socket. */
interface SocketFault {
  readonly syscall: string;
  readonly address: string;
  readonly port: number;
}

/** "EADDRINUSE at TCP 127.0.0.1:7420": a node listens on the same port in both ways. */
function whatFailed(code: string, error: Error & Partial<SocketFault>): string {
  const { message, syscall, address: host, port } = error;
  if (host === undefined || port === undefined) return `${code} (${message})`;
  return `${code} at ${syscall === 'bind' ? 'UDP' : 'TCP'} ${formatAddress({ host, port })}`;
}

/** What beacons say of this node; nothing is sent by one that neighbours could not connect to. */
function ownBeacon({ config, identity, clock }: DaemonContext): OwnBeacon | undefined {
  const door = config['listen.addresses'].find(isOnMesh);
  if (door === undefined) return undefined;
  return {
    signer: identity.signer,
    role: config.role,
    tlsPort: door.port,
    firstCounter: BigInt(clock.stamp().wallMs),
  };
}

/** Whether a neighbour's packet to a link-local address can arrive there. */
function isOnMesh({ host }: Address): boolean {
  return host === '::' || isLinkLocal(host);
}
