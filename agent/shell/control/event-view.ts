/**
 * Events as JSON for people: every notice of the core by its row (notices.ts), and what the shell
 * has to tell besides. `meshpay events` prints them; `meshpayd` logs them.
 */

import type { Notice } from '../../core/notice.ts';
import type { JudgedNetwork } from '../../core/views.ts';
import type { PeerState } from '../net/peer-state.ts';
import { NOTICES, type NoticeKind, rowOf } from './notices.ts';
import type { NodeState } from './states.ts';

/** What the shell tells of its own. */
interface ShellEvents {
  /** A peer went from one state to another. */
  readonly peer: {
    readonly name: string | null;
    readonly key: string | null;
    readonly address: string | null;
    readonly from: PeerState;
    readonly to: PeerState;
    readonly reason: string | null;
  };
  /** This node went from one state to another. */
  readonly state: { readonly from: NodeState; readonly to: NodeState };
}

type Views = { readonly [K in NoticeKind]: ReturnType<(typeof NOTICES)[K]['view']> } & ShellEvents;

export type EventKind = keyof Views;
/** What happened, without the time. */
export type Happening = { [K in EventKind]: { readonly kind: K } & Readonly<Views[K]> }[EventKind];
export type EventView = Happening & { readonly atMs: number };

const SHELL_EVENTS: { readonly [K in keyof ShellEvents]: string } = {
  peer: 'a peer changed its state',
  state: 'this node changed its state',
};

/** Every kind, with its meaning: the `events` filter and the manual are made from it. */
export const EVENT_KINDS: Readonly<Record<EventKind, string>> = {
  ...(Object.fromEntries(
    Object.entries(NOTICES).map(([kind, { meaning }]) => [kind, meaning]),
  ) as Record<NoticeKind, string>),
  ...SHELL_EVENTS,
};

/** A notice of the core with names instead of bytes. */
export function viewOfNotice(network: JudgedNetwork, notice: Notice): Happening {
  return { kind: notice.kind, ...rowOf(notice).view(network, notice) } as Happening;
}
