/**
 * The part of a node that takes part: its engine, made as the configuration says, and its beacons.
 * What the core notices goes to the log, to the counters and to those who follow.
 */

import { describeDetail } from '../../core/base/detail.ts';
import { memberAt } from '../../core/network/committee.ts';
import type { Notice } from '../../core/notice.ts';
import type { Config } from '../config/config-schema.ts';
import { viewOfNotice } from '../control/event-view.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import type { Desk } from '../ledgers/desk.ts';
import { formatAddress } from '../net/address.ts';
import { identityFromSeed } from '../net/identity.ts';
import { errnoOf } from '../store/layout.ts';
import type { DaemonContext, Running } from './context.ts';
import { logNotice } from './log-notice.ts';
import { createBeacons } from './parts/beacons.ts';
import { createPeerReporter, logLink } from './peer-news.ts';
import { exitOf, StartFailure } from './start-failure.ts';
import { wantedPeers } from './wanted-peers.ts';

/** What the engine of this daemon is made of. */
export function engineOptions(
  context: DaemonContext,
  ledgers: Desk,
  watch: Pick<EngineOptions, 'onDamage' | 'onFatal'>,
): EngineOptions {
  const { config, identity, clock } = context;
  const { network, signer } = identity;
  return {
    network,
    signer,
    role: { kind: config.role },
    ledgers,
    clock,
    links: {
      identity: identityFromSeed(identity.seed),
      listen: config['listen.addresses'],
      wanted: wantedPeers(config, identity),
      dialFound: config['discovery.dial'],
      transport: config['links.transport'],
      report: (report) => logLink(context, report),
      onPeer: createPeerReporter(context),
      limits: {
        links: config['limits.links'],
        nodeLinks: config['limits.node_links'],
        anonymousLinks: config['limits.anonymous_links'],
        anonymousTokensPerSecond: config['limits.anonymous_rate'],
      },
    },
    ...watch,
  };
}

/** Brings engine and beacons up. Whatever is up after an error is the caller's to take down. */
export async function takePart(context: DaemonContext, engine: Engine): Promise<Running> {
  engine.hear((notice) => hear(context, engine, notice));
  await startEngine(context, engine);
  const beacons = createBeacons(context, engine);
  beacons.start();
  return { engine, beacons };
}

function hear(context: DaemonContext, { links }: Engine, notice: Notice): void {
  const { network } = context.identity;
  context.counters.count(notice);
  logNotice(context.logs, network, notice);
  context.events.publish(() => viewOfNotice(network, notice));
  const { nowMs } = context.clock.stamp();
  if (notice.kind === 'reached') context.rollCall.answered(notice.member, notice.votes, nowMs);
  if (notice.kind !== 'compared') return;
  context.readiness.compared(notice.member, notice.equal, nowMs);
  const key = memberAt(network.committee, notice.member)?.key;
  // A peer stays ready once it was: ledgers that take payments differ for a moment all the time.
  if (notice.equal && key !== undefined) links.progress(key, 'ready');
}

async function startEngine({ config }: DaemonContext, engine: Engine): Promise<void> {
  try {
    await engine.start();
  } catch (error) {
    throw socketFailure(config, error);
  }
}

/** What to tell of an address that cannot be listened on; any other error as it is. */
function socketFailure(config: Config, error: unknown): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const fault = error as Error & Partial<SocketFault>;
  if (fault.syscall !== 'bind' && fault.syscall !== 'listen') return error;
  const listed = config['listen.addresses'].map(formatAddress).join(', ');
  const found = whatFailed(code, fault);
  const expected = `addresses that are free, ${listed}`;
  const detail = { field: 'listen.addresses', expected, found };
  return new StartFailure(exitOf(error), describeDetail(detail));
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
