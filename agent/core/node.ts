/**
 * A node: the one doorway of the core (io.ts). Whatever a node is, authority, relay or wallet, it is
 * this function with another setup. It keeps nothing between steps; all state is behind `read`.
 */

import { authorityMessage, rejectAsNoAuthority } from './authority/authority.ts';
import { greet, startRound } from './authority/catchup.ts';
import { recallStale } from './authority/digest.ts';
import { askVouchers, endFirstStart } from './authority/first-start.ts';
import { addGenesis } from './authority/genesis.ts';
import { isKnownGossip } from './authority/known-gossip.ts';
import { noteOwnWord } from './authority/lives.ts';
import { unreachable } from './base/assert.ts';
import { MAX_FRAME_BYTES } from './base/limits.ts';
import { isRefusal, type Refusal, refusal } from './base/refusal.ts';
import { keepSeed } from './chance.ts';
import { decode } from './codec/canonical.ts';
import { frameCoder, type Message } from './codec/message.ts';
import { Draft, type Origin } from './draft.ts';
import type { Command, Event, LinkId, Read, Stamp, Step } from './io.ts';
import { addLink, memberLinks, memberOf, removeLink } from './mesh/links.ts';
import { reach } from './mesh/reach.ts';
import { relay } from './mesh/relay.ts';
import { takeWay } from './mesh/ways.ts';
import { isAuthority, isWallet, type NodeSetup } from './setup.ts';
import { isDue, wakeAtMs } from './timers.ts';
import { isAmongAuthorities, mayBeHeard, voiceOf } from './voices.ts';
import {
  walletCommand,
  walletLinkUp,
  walletMessage,
  walletStart,
  walletTick,
} from './wallet/wallet.ts';

export interface Node {
  readonly step: (event: Event, stamp: Stamp, read: Read) => Step;
}

/** Makes a node. The same setup, state, event and stamp always give the same step. */
export function createNode(setup: NodeSetup): Node {
  return {
    step(event, stamp, read) {
      const draft = new Draft(read, stamp);
      take(draft, setup, event);
      return draft.finish(wakeAtMs(draft));
    },
  };
}

function take(draft: Draft, setup: NodeSetup, event: Event): void {
  switch (event.kind) {
    case 'start':
      keepSeed(draft, event.seed);
      if (isAuthority(setup)) {
        addGenesis(draft, setup);
        recallStale(draft);
        endFirstStart(draft, setup);
        startRound(draft, setup);
      }
      if (isWallet(setup)) walletStart(draft, setup);
      return;
    case 'link_up':
      return takeLinkUp(draft, setup, event);
    case 'link_down':
      return removeLink(draft, event.link);
    case 'frame':
      return takeFrame(draft, setup, event.link, event.bytes);
    case 'command':
      return takeCommand(draft, setup, event.command);
    case 'tick':
      if (isAuthority(setup) && isDue(draft, 'syncAtMs')) startRound(draft, setup);
      if (isWallet(setup)) walletTick(draft, setup);
      return;
    default:
      return unreachable(event);
  }
}

function takeLinkUp(
  draft: Draft,
  setup: NodeSetup,
  { link, peerKey, wanted }: Extract<Event, { kind: 'link_up' }>,
): void {
  if (peerKey === undefined) return;
  const member = addLink(draft, setup.network, link, peerKey, wanted);
  if (isAuthority(setup)) {
    if (member !== undefined) greet(draft, link);
    askVouchers(draft, setup, member);
  }
  if (isWallet(setup)) walletLinkUp(draft, setup, link);
}

function takeFrame(draft: Draft, setup: NodeSetup, link: LinkId, bytes: Uint8Array): void {
  if (isAuthority(setup) && isKnownGossip(draft, link, bytes)) return;
  const frame =
    bytes.length > MAX_FRAME_BYTES
      ? refusal('oversized', { expected: `${MAX_FRAME_BYTES} bytes`, found: `${bytes.length}` })
      : decode(frameCoder, bytes);
  if (isRefusal(frame)) {
    // Whoever sends what cannot be read will not be understood later either.
    draft.note({ kind: 'refused', link, refusal: frame });
    return draft.close(link, frame.refused);
  }
  const { to, route, message } = frame;
  if (isAuthority(setup)) noteOwnWord(draft, setup, message);
  const isForOthers = to !== undefined || route.length > 0;
  if (isWallet(setup) ? isForOthers : relay(draft, setup, link, frame)) return;
  const speaker = frame.isPassedOn ? undefined : memberOf(draft, link);
  if (isAuthority(setup) && isAmongAuthorities(message) && !frame.isPassedOn) {
    // A stranger would make this node work for nothing.
    if (speaker === undefined) return draft.close(link, 'not an authority');
  }
  takeMessage(draft, setup, message, { link, route, speaker });
}

function takeMessage(draft: Draft, setup: NodeSetup, message: Message, origin: Origin): void {
  if (!mayBeHeard(draft, setup, message, origin)) return;
  if (message.TAG === 'way') {
    takeWay(draft, setup, message.data, origin.link);
    return;
  }
  if (isAuthority(setup)) authorityMessage(draft, setup, message, origin);
  else if (isWallet(setup)) walletMessage(draft, setup, message, origin);
  else if (voiceOf(setup, message) === 'refused') rejectAsNoAuthority(draft, origin);
}

function takeCommand(draft: Draft, setup: NodeSetup, command: Command): void {
  const refused = carryOut(draft, setup, command);
  if (refused !== undefined) draft.note({ kind: 'command_refused', refusal: refused });
}

function carryOut(draft: Draft, setup: NodeSetup, command: Command): Refusal | undefined {
  if (command.kind === 'reach') return reach(draft, setup, command.nonce);
  if (command.kind === 'query') return query(draft, setup, command.account);
  if (isWallet(setup)) return walletCommand(draft, setup, command);
  return refusal('not_a_wallet', { field: 'command', found: command.kind });
}

/** Asks the other authorities over links of their own, which is all that they answer without a signature. */
function query(draft: Draft, setup: NodeSetup, account: Uint8Array): Refusal | undefined {
  if (!isAuthority(setup)) return refusal('not_the_owner', { field: 'account' });
  for (const link of memberLinks(draft)) {
    draft.send(link, { TAG: 'accountQuery', data: { account } });
  }
  return undefined;
}
