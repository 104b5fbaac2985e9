/**
 * All parts of the protocol, in the order in which they see an event. Another one is a line here,
 * and its rows of messages, timers and spaces.
 *
 * The order matters where one part goes by what another wrote in the same step:
 *
 *   linksPart       first: all others send over links, and ask who speaks at the other end
 *   firstStartPart  before whatever votes or vouches: at a start it says whether this node may
 *   votingPart      before catchUpPart, which tells at a start what the ledger comes to
 *
 * Among the others it does not. It is one order all the same, since a step has to come out the same
 * each time.
 */
import { agreementPart } from './agreement/agreement.ts';
import { catchUpPart } from './authority/catchup.ts';
import { firstStartPart } from './authority/first-start.ts';
import { queriesPart } from './authority/queries.ts';
import { votingPart } from './authority/voting.ts';
import { closingPart } from './closing/closing.ts';
import type { Tag } from './codec/message.ts';
import type { TIMERS } from './codec/timer.ts';
import type { Role } from './codec/voice.ts';
import { chainPart } from './epochs/chain.ts';
import { epochsPart } from './epochs/epochs.ts';
import { factsPart } from './facts/exchange.ts';
import { gatewayPart } from './gateway/gateway.ts';
import { linksPart } from './mesh/links.ts';
import { noLedgerPart } from './mesh/no-ledger.ts';
import { relayPart } from './mesh/relay.ts';
import { waysPart } from './mesh/ways.ts';
import type { CommandKind, TagsFor } from './part.ts';
import { presencePart } from './presence/heartbeat.ts';
import type { SpaceName } from './spaces.ts';
import { walletPart } from './wallet/wallet.ts';

export const PARTS = [
  linksPart,
  chainPart,
  waysPart,
  relayPart,
  noLedgerPart,
  firstStartPart,
  votingPart,
  catchUpPart,
  presencePart,
  queriesPart,
  factsPart,
  gatewayPart,
  agreementPart,
  epochsPart,
  closingPart,
  walletPart,
] as const;

/** Spaces of no part: of the store, of the shell, of a cashbook, and what node.ts keeps for all. */
type OthersSpaces =
  | 'bookHead'
  | 'bookEntry'
  | 'bookPayout'
  | 'bookKeyAt'
  | 'bookOpen'
  | 'bookReceipt'
  | 'bookDeposit'
  | 'commit'
  | 'schema'
  | 'owner'
  | 'seed'
  | 'timers'
  | 'committee'
  | 'formerCommittee'
  | 'judgedEpoch';

type Listed = (typeof PARTS)[number];
type In<P, R extends Role> = P extends { readonly roles: readonly (infer Roles)[] }
  ? R extends Roles
    ? P
    : never
  : never;
type Takes<P> = P extends { readonly takes: infer T } ? keyof T & Tag : never;
type CarriesOut<P> = P extends { readonly commands: infer C } ? keyof C & CommandKind : never;
type Spaces<P> = P extends { readonly spaces: readonly (infer K)[] } ? K : never;

/** What two parts of a role take. */
type TakenTwice<
  R extends Role,
  List extends readonly unknown[],
  Seen = never,
> = List extends readonly [infer First, ...infer Rest]
  ? (Takes<In<First, R>> & Seen) | TakenTwice<R, Rest, Seen | Takes<In<First, R>>>
  : never;
type OwnedTwice<List extends readonly unknown[], Seen = never> = List extends readonly [
  infer First,
  ...infer Rest,
]
  ? (Spaces<First> & Seen) | OwnedTwice<Rest, Seen | Spaces<First>>
  : never;
type Untaken<R extends Role> = Exclude<TagsFor<R>, Takes<In<Listed, R>>>;

/** Does not compile while anything is left. */
function nothing<_Left extends never>(): void {}

nothing<{ [R in Role]: Untaken<R> }[Role]>();
nothing<{ [R in Role]: TakenTwice<R, typeof PARTS> }[Role]>();
nothing<Exclude<CommandKind, CarriesOut<Listed>>>();
nothing<Exclude<(typeof TIMERS)[keyof typeof TIMERS]['part'], Listed['name']>>();
nothing<Exclude<SpaceName, Spaces<Listed> | OthersSpaces>>();
nothing<OwnedTwice<typeof PARTS> | (Spaces<Listed> & OthersSpaces)>();
