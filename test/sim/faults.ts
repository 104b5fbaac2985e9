/**
 * Faults: what each kind does to the world when its time comes, and how it ends. Only what really
 * happened counts: not a fault that finds nothing to act on (its node is down, no stream is there),
 * and one that lies in wait (a death in a later commit) only when it strikes.
 *
 * The core knows no broadcast: beacons are the shell's, and real ones go over real interfaces in
 * test/net and test/hwsim. What a node that gets nothing but broadcasts is to the core is a node
 * without streams, which others look for in vain (`radio_off`, `island`), or one whose streams
 * bring nothing, because it hears and is not heard (`only_hears`).
 */

import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import { decode, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import { certificateCoder } from '../../agent/core/codec/order.ts';
import { bytes64, latin1, type OrderView, Reader, readCertificate } from './checkers/decode.ts';
import { faultsFor } from './checkers/founding.ts';
import type { Death } from './disk.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { Fault } from './fault-plan.ts';
import { isMember } from './places.ts';
import { Prng } from './prng.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Where a wallet keeps its unfinished order. */
const LIVE_ORDER = 'L' as ByteKey;
/** A journal entry: the link to the one before, the number of its kind, and what it is. */
const LINK_BYTES = 32;
const CERTIFICATE_FACT = 1;
/** A stream that leads to no node. */
const NO_LINK = 0n as LinkId;
/** Streams of a crowd: from nodes that nobody knows, and in one member's name. */
const CROWD = 200;
const CROWD_OF_A_MEMBER = 8;

/** Returns whether it happened now. What happens later, if at all, it tells `count` itself. */
type Act = (world: World, fault: Fault, count: () => void) => boolean;

/** How far the monotonic clock of a paused process goes on at most, one of these. */
const MOST_JUMPS_MS = [2_000, 120_000, 3_600_000] as const;

const ACTS: Readonly<Record<FaultKind, Act>> = {
  crash(world, fault) {
    const process = victim(world, fault);
    if (process?.isUp !== true) return false;
    process.crash('crashed', fault.forMs);
    return true;
  },
  crash_in_commit(world, fault, count) {
    const process = victim(world, fault);
    if (process?.isUp !== true) return false;
    const deaths: readonly Death[] = ['before', 'middle', 'after'];
    const [way, commits] = fault.dice;
    process.dieInCommit(deaths[way % 3] ?? 'after', commits % 30, fault.forMs, count);
    return false;
  },
  power_cut(world, fault) {
    const isAnyUp = world.all.some(({ isUp }) => isUp);
    for (const process of world.all) process.crash('lost power', fault.forMs + process.index);
    return isAnyUp;
  },
  full_disk(world, fault, count) {
    const process = victim(world, fault);
    if (process?.isUp !== true) return false;
    process.dieInCommit('full', 0, fault.forMs, count);
    return false;
  },
  slow_disk(world, fault) {
    const process = victim(world, fault);
    if (process === undefined) return false;
    const byMs = 1 + (fault.dice[0] % 800);
    process.slowDiskMs += byMs;
    later(world, fault, () => {
      process.slowDiskMs -= byMs;
    });
    return true;
  },
  restore(world, fault, count) {
    const process = victim(world, fault);
    if (process === undefined || !world.spendRestore(process)) return false;
    const copy = new Map(process.disk.durable);
    later(world, fault, () => {
      putBack(world, process, copy);
      count();
    });
    return false;
  },
  bit_rot(world, fault) {
    const process = victim(world, fault);
    if (process?.isUp !== true || !world.spendRestore(process)) return false;
    const copy = new Map(process.disk.durable);
    const [record, bit, start] = fault.dice;
    // It is noticed at the next start, or when the record is replaced, or read and not in the
    // cache. Half of them start at once.
    if (!process.disk.decay(record, bit, start % 4 === 1)) return false;
    if (start % 2 === 0) process.crash('crashed', fault.forMs);
    restoreInTheEnd(world, process, copy);
    return true;
  },
  forget(world, fault) {
    const process = victim(world, fault);
    if (process?.isUp !== true || mayNotBeLost(world, process)) return false;
    process.forget();
    world.lostMemory(process);
    return true;
  },
  old_copy(world, fault, count) {
    const process = victim(world, fault);
    if (process === undefined || mayNotBeLost(world, process)) return false;
    const copy = new Map(process.disk.durable);
    later(world, fault, () => {
      if (!process.isUp || mayNotBeLost(world, process)) return;
      process.returnTo(copy);
      world.lostMemory(process);
      count();
    });
    return false;
  },
  slow(world, fault) {
    const process = victim(world, fault);
    if (process === undefined) return false;
    const byMs = 1 + (fault.dice[0] % 1_500);
    process.lagMs += byMs;
    later(world, fault, () => {
      process.lagMs -= byMs;
    });
    return true;
  },
  cut(world, fault) {
    return cut(world, fault, true);
  },
  one_way(world, fault) {
    return cut(world, fault, false);
  },
  only_hears(world, fault) {
    const process = victim(world, fault);
    if (process === undefined || world.network.linksOf(process).length === 0) return false;
    const others = world.all.filter((other) => other !== process);
    for (const other of others) world.reach.cut(process.index, other.index, 1);
    if (fault.dice[0] % 2 === 0) world.network.noticeCuts();
    later(world, fault, () => {
      for (const other of others) world.reach.cut(process.index, other.index, -1);
    });
    return true;
  },
  island(world, fault) {
    const isInside = ({ name }: Process) => fault.victims.includes(name);
    const inside = world.all.filter(isInside);
    const outside = world.all.filter((process) => !isInside(process));
    if (inside.length === 0 || outside.length === 0) return false;
    const change = (by: 1 | -1) => {
      for (const a of inside) {
        for (const b of outside) {
          world.reach.cut(a.index, b.index, by);
          world.reach.cut(b.index, a.index, by);
        }
      }
    };
    const isAcross = world.network
      .joined()
      .some(([a, b]) => inside.includes(a) !== inside.includes(b));
    change(1);
    world.network.noticeCuts();
    later(world, fault, () => change(-1));
    return isAcross;
  },
  radio_off(world, fault) {
    const process = victim(world, fault);
    if (process === undefined || world.isSilent(process)) return false;
    world.silence(process, true);
    world.network.noticeCuts();
    later(world, fault, () => world.silence(process, false));
    return true;
  },
  clog(world, fault) {
    const [a, b] = joined(world, fault);
    if (a === undefined || b === undefined) return false;
    const byMs = 1 + (fault.dice[0] % 15_000);
    world.network.clog(a.index, b.index, byMs);
    later(world, fault, () => world.network.clog(a.index, b.index, -byMs));
    return true;
  },
  flap(world, fault) {
    const [a, b] = joined(world, fault);
    if (a === undefined || b === undefined) return false;
    world.network.flap(a, b);
    return true;
  },
  storm(world, fault) {
    const [loss, double, overtake] = fault.dice;
    const end = world.network.storm({
      lossPerMille: 300 + (loss % 600),
      doublePerMille: double % 300,
      overtakePerMille: overtake % 500,
    });
    later(world, { ...fault, forMs: fault.forMs % 8_000 }, end);
    return true;
  },
  wall_jump(world, fault) {
    const process = victim(world, fault);
    if (process === undefined) return false;
    const byMs = (fault.dice[0] % 4_000_000_000) - 2_000_000_000;
    process.jumpWall(byMs);
    return true;
  },
  /** Events that a shell should not give, and that must not matter (io.ts). */
  spurious(world, fault) {
    const process = victim(world, fault);
    if (process?.isUp !== true) return false;
    const [link] = world.network.linksOf(process);
    const [number, length] = fault.dice;
    const gone = BigInt(number) as LinkId;
    process.event({ kind: 'tick' });
    process.event({ kind: 'link_down', link: gone });
    process.event({ kind: 'frame', link: gone, bytes: new Uint8Array(length % 60) });
    if (link !== undefined) process.event({ kind: 'frame', link, bytes: new Uint8Array() });
    return true;
  },
  /** Half of the time its streams are dead when it goes on. */
  pause(world, fault) {
    const [most, jump, dead] = fault.dice;
    const process = victim(world, fault);
    const jumpMs = jump % (MOST_JUMPS_MS[most % MOST_JUMPS_MS.length] ?? 1);
    if (process?.pause(fault.forMs, jumpMs) !== true) return false;
    if (dead % 2 === 0) world.network.drop(process);
    return true;
  },
  torn(world, fault, count) {
    const process = victim(world, fault);
    if (process?.isUp !== true || !world.spendRestore(process)) return false;
    restoreInTheEnd(world, process, new Map(process.disk.durable));
    process.dieInCommit('torn', fault.dice[0] % 30, fault.forMs, count);
    return false;
  },
  /** It is noticed at once, at a start; after a while the owner begins anew, from the key alone. */
  wallet_rot(world, fault) {
    const process = victim(world, fault);
    if (process?.isUp !== true || mayNotBeLost(world, process)) return false;
    const [record, bit] = fault.dice;
    if (!process.disk.decay(record, bit, false)) return false;
    process.crash('crashed', 0);
    const beginAnew = () => {
      if (process.disk.harm === undefined && !process.isRotten) return;
      process.forget();
      world.lostMemory(process);
    };
    later(world, fault, beginAnew);
    world.restorations.push(beginAnew);
    return true;
  },
  /** The radios are there also of nodes that were cut from the run. */
  fade(world, fault) {
    const [a, b] = fault.victims.map((name) => world.plan.drawn.find((each) => each.name === name));
    if (a === undefined || b === undefined) return false;
    world.reach.breakEdge(a.index, b.index, 1);
    if (fault.dice[0] % 2 === 0) world.network.noticeCuts();
    later(world, fault, () => world.reach.breakEdge(a.index, b.index, -1));
    return true;
  },
  /** Out of reach until everything is healed. */
  absent(world, fault) {
    const process = victim(world, fault);
    if (process === undefined || world.isSilent(process)) return false;
    world.silence(process, true);
    world.network.noticeCuts();
    return true;
  },
  ledger_away(world, fault) {
    if (world.counter === undefined) return false;
    later(world, fault, world.counter.goAway());
    return true;
  },
  reorganised(world, { dice }) {
    return world.counter?.reorganise(dice[0]) === true;
  },
  /**
   * Streams from more keys than an authority keeps note of, and too many from one member. What they
   * pushed out is looked for anew when they are gone.
   */
  crowd(world, fault) {
    const process = victim(world, fault);
    if (process?.isUp !== true) return false;
    const members = world.plan.places.filter((place) => isMember(place));
    const others = members.filter(({ name }) => name !== process.name);
    const member = world.named(others[fault.dice[0] % Math.max(1, others.length)]?.name ?? '');
    const prng = new Prng(fault.dice[1], 1);
    const keys = [
      ...Array.from({ length: CROWD }, () => prng.bytes(32)),
      ...Array.from({ length: CROWD_OF_A_MEMBER }, () => member?.signer.publicKey),
    ];
    const links = keys.map(() => prng.u64() as LinkId);
    links.forEach((link, i) => {
      process.linkUp(link, keys[i], false);
    });
    const end = () => {
      for (const link of links) process.linkDown(link);
      for (const other of world.all) world.network.flap(process, other);
    };
    later(world, fault, end);
    world.repairs.push(end);
    return true;
  },
};

/** Puts the faults of the plan on the agenda; `count` hears of each that happened. */
export function plantFaults(
  world: World,
  faults: readonly Fault[],
  count: (kind: FaultKind) => void,
): void {
  for (const fault of faults) {
    world.agenda.after(fault.atMs, () => {
      const struck = () => count(fault.kind);
      if (!world.isHealed && ACTS[fault.kind](world, fault, struck)) struck();
    });
  }
}

/** With a damaged disk it stays down until somebody restores it: when everything is healed. */
function restoreInTheEnd(world: World, process: Process, copy: ReadonlyMap<ByteKey, Uint8Array>) {
  world.restorations.push(() => {
    // Undone if an older copy was put in meanwhile; not by dying while the damaged record was
    // replaced.
    if (process.disk.harm === undefined && !process.isRotten) return;
    process.crash('stopped, to be looked over', 0);
    process.start();
    putBack(world, process, copy);
  });
}

/**
 * Puts an authority back to an old copy of its store. Certificates that hardly another one had
 * would be gone with it, unless who holds them, a thief it may be, shows them again: in the end
 * they do.
 */
function putBack(world: World, process: Process, copy: ReadonlyMap<ByteKey, Uint8Array>): void {
  for (const [key, value] of process.disk.durable) {
    if (key[0] !== 'J' || copy.has(key) || value[LINK_BYTES] !== CERTIFICATE_FACT) continue;
    const certificate = decode(certificateCoder, value.slice(LINK_BYTES + 1));
    if (isRefusal(certificate)) continue;
    const { account, sequence } = certificate.order.order;
    if (isKnown(world, { account: latin1(account), sequence })) continue;
    const message: Message = { TAG: 'certificate', data: certificate };
    const bytes = encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
    const show = () => {
      for (const member of world.authorities) {
        member.event({ kind: 'frame', link: NO_LINK, bytes });
      }
    };
    world.repairs.push(() => world.agenda.after(1_000, show));
  }
  process.restore(copy);
}

/** How a fault ends: by itself after its time, unless everything was healed before. */
function later(world: World, fault: Fault, end: () => void): void {
  world.agenda.after(fault.forMs, () => {
    if (!world.isHealed) end();
  });
}

function cut(world: World, fault: Fault, isBothWays: boolean): boolean {
  const [a, b] = joined(world, fault);
  if (a === undefined || b === undefined) return false;
  const change = (by: 1 | -1) => {
    world.reach.cut(a.index, b.index, by);
    if (isBothWays) world.reach.cut(b.index, a.index, by);
  };
  change(1);
  if (fault.dice[0] % 2 === 0) world.network.noticeCuts();
  later(world, fault, () => change(-1));
  return true;
}

/**
 * Whether an owner would lose money with the wallet, which is not the protocol's fault: in the
 * middle of a payment that might be made twice, or with a certificate that pays it and that too few
 * others have. (One of its own orders comes again, since authorities keep what they voted for.)
 */
function mayNotBeLost(world: World, { disk, signer }: Process): boolean {
  if (disk.live.has(LIVE_ORDER) || disk.durable.has(LIVE_ORDER)) return true;
  const account = latin1(signer.publicKey);
  const payments = [...disk.live].filter(([key]) => key[0] === 'P');
  return payments.some(([, value]) => {
    const { order } = readCertificate(new Reader(value, 8));
    return order.payee === account && !isKnown(world, order);
  });
}

/** Whether more than f honest authorities have an order's certificate on disk: not all lose it. */
function isKnown(
  { all, plan }: World,
  { account, sequence }: Pick<OrderView, 'account' | 'sequence'>,
): boolean {
  const key = `C${account}${bytes64(sequence)}` as ByteKey;
  const holders = all.filter(({ role, disk }) => role === 'authority' && disk.durable.has(key));
  return holders.length > faultsFor(plan.authorities);
}

/** The one that it strikes, unless that one was cut from the run. */
function victim(world: World, { victims }: Fault): Process | undefined {
  return world.named(victims[0]);
}

/** The two that it strikes, if there is a stream between them now. */
function joined(world: World, { victims }: Fault): readonly [Process?, Process?] {
  const [a, b] = victims.map((name) => world.named(name));
  if (a === undefined || b === undefined || !world.network.isJoined(a, b)) return [];
  return [a, b];
}
