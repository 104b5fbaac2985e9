/**
 * A node: the one doorway of the core (io.ts). Whatever a node is, authority, relay or wallet, it
 * is this function with another setup. Every event is folded over the parts of its role (part.ts),
 * which are listed in parts.ts. It keeps nothing between steps; all state is behind `read`.
 */

import { unreachable } from './base/assert.ts';
import { MAX_FRAME_BYTES } from './base/limits.ts';
import { isRefusal, type Refusal, refusal } from './base/refusal.ts';
import type { LinkId } from './base/units.ts';
import { keepSeed } from './chance.ts';
import { decode } from './codec/canonical.ts';
import { type Frame, frameCoder, type Message } from './codec/message.ts';
import { Draft, type Origin } from './draft.ts';
import type { Command, Event, Read, Stamp, Step } from './io.ts';
import { memberOf } from './mesh/links.ts';
import { found } from './network/committees.ts';
import { type NodeParts, type Part, partsOf } from './part.ts';
import { PARTS } from './parts.ts';
import type { NodeSetup } from './setup.ts';
import { takeDue, wakeAtMs } from './timers.ts';
import { judgeMembers } from './turnover.ts';
import { isFromStranger, mayBeHeard, unknownEpochOf } from './voices.ts';

export interface Node {
  readonly step: (event: Event, stamp: Stamp, read: Read) => Step;
}

/**
 * Makes a node. The same setup, state, event and stamp always give the same step. `list`: all parts
 * that there are; a node has those of its role.
 */
export function createNode(setup: NodeSetup, list: readonly Part[] = PARTS): Node {
  const parts = partsOf(setup, list);
  return {
    step(event, stamp, read) {
      const draft = new Draft(read, stamp);
      take(draft, setup, parts, event);
      return draft.finish(wakeAtMs(draft));
    },
  };
}

function take(draft: Draft, setup: NodeSetup, parts: NodeParts, event: Event): void {
  if (event.kind === 'start') found(draft, setup.network);
  judgeMembers(draft, setup, parts);
  switch (event.kind) {
    case 'start':
      keepSeed(draft, event.seed);
      for (const part of parts.all) part.recover?.(draft, setup);
      for (const part of parts.all) part.start?.(draft, setup);
      return;
    case 'link_up': {
      const { link, peerKey, wanted } = event;
      // Whoever proved no key is answered, and never written to on its own account.
      if (peerKey === undefined) return;
      for (const part of parts.all) part.linkUp?.(draft, setup, { link, peerKey, wanted });
      return;
    }
    case 'link_down':
      for (const part of parts.all) part.linkDown?.(draft, setup, event.link);
      return;
    case 'frame':
      return takeFrame(draft, setup, parts, event);
    case 'command':
      return takeCommand(draft, setup, parts, event.command);
    case 'told':
      // An answer to what no part asks any more is nobody's.
      return parts.told.get(event.answer.kind)?.(draft, setup, event.answer);
    case 'tick':
      for (const timer of takeDue(draft)) parts.due.get(timer)?.(draft, setup);
      return;
    default:
      return unreachable(event);
  }
}

function takeFrame(
  draft: Draft,
  setup: NodeSetup,
  parts: NodeParts,
  { link, bytes }: { readonly link: LinkId; readonly bytes: Uint8Array },
): void {
  if (parts.all.some((part) => part.isKnown?.(draft, setup, link, bytes))) return;
  const frame =
    bytes.length > MAX_FRAME_BYTES
      ? refusal('oversized', { expected: `${MAX_FRAME_BYTES} bytes`, found: `${bytes.length}` })
      : decode(frameCoder, bytes);
  if (isRefusal(frame)) {
    // Whoever sends what cannot be read will not be understood later either.
    draft.note({ kind: 'refused', link, refusal: frame });
    return draft.close(link, frame.refused);
  }
  const { route, isPassedOn, message } = frame;
  for (const part of parts.all) part.overhear?.(draft, setup, message);
  if (!isFor(setup, frame)) {
    for (const part of parts.all) part.carry?.(draft, setup, link, frame);
    return;
  }
  const speaker = isPassedOn ? undefined : memberOf(draft, link);
  if (!isPassedOn && speaker === undefined && isFromStranger(setup, message)) {
    return draft.close(link, 'not an authority');
  }
  takeMessage(draft, setup, parts, { link, route, speaker }, message);
}

/**
 * Whether a frame is for this node, which a member is by its place, and everybody else is at its
 * link.
 */
function isFor({ authority }: NodeSetup, { to, route }: Frame): boolean {
  return to === undefined ? route.length === 0 : to === authority?.member;
}

function takeMessage(
  draft: Draft,
  setup: NodeSetup,
  parts: NodeParts,
  from: Origin,
  message: Message,
): void {
  const epoch = unknownEpochOf(draft, message);
  if (epoch !== undefined) {
    for (const part of parts.all) part.unknownEpoch?.(draft, setup, from.link);
  }
  // A certificate is answered, by whoever checks it.
  if (epoch !== undefined && message.TAG !== 'certificate') {
    const unknown = refusal('unknown_epoch', { field: 'epoch', found: `${epoch}` });
    return draft.note({ kind: 'refused', link: from.link, refusal: unknown });
  }
  if (!mayBeHeard(draft, setup, from, message)) return;
  // Each part takes what its messages carry (part.ts), and this is what this one carries.
  parts.takes.get(message.TAG)?.(draft, setup, from, message.data as never);
  for (const part of parts.all) part.afterMessage?.(draft, setup);
}

function takeCommand(draft: Draft, setup: NodeSetup, parts: NodeParts, command: Command): void {
  const carryOut = parts.commands.get(command.kind);
  const refused =
    carryOut === undefined ? notHere(command) : carryOut(draft, setup, command as never);
  if (refused !== undefined) draft.note({ kind: 'command_refused', refusal: refused });
}

/** Why a node cannot carry out what none of its parts can. */
function notHere({ kind }: Command): Refusal {
  if (kind === 'query') return refusal('not_the_owner', { field: 'account' });
  return refusal('not_a_wallet', { field: 'command', found: kind });
}
