/**
 * What nodes of a small world say, keep and notice, in words, with the names of the world instead
 * of keys. Notices are told as `meshpay events` shows them.
 */

import { renderEvent } from '../../agent/cli/render/events.ts';
import { PLAIN } from '../../agent/cli/render/paint.ts';
import { toHex } from '../../agent/core/base/bytes.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import { refusalCodeOf } from '../../agent/core/base/refusal.ts';
import type { LinkId, MemberIndex } from '../../agent/core/base/units.ts';
import { resultOf } from '../../agent/core/closing/result.ts';
import type { Ballot, Subject } from '../../agent/core/codec/agreement.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import {
  type ClosingPlace,
  type ClosingValue,
  closingValueCoder,
} from '../../agent/core/codec/closing.ts';
import { epochValueCoder } from '../../agent/core/codec/epochs.ts';
import type { CertifiedFact, ReportBody } from '../../agent/core/codec/fact.ts';
import type {
  BeatHeard,
  Message,
  Plan,
  TokenBalance,
  Wish,
} from '../../agent/core/codec/message.ts';
import {
  type Action,
  type Certificate,
  type MemberSignature,
  orderHash,
  type SignedOrder,
} from '../../agent/core/codec/order.ts';
import { textIn } from '../../agent/core/codec/parts.ts';
import { isRefund, isSettle } from '../../agent/core/gateway/outcome-value.ts';
import type { Read } from '../../agent/core/io.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { type JudgedNetwork, judgedBy, memberName } from '../../agent/core/views.ts';
import { viewOfNotice } from '../../agent/shell/control/event-view.ts';
import { quantityView, shortName } from '../../agent/shell/control/money-view.ts';
import type { Place, World } from '../support/world.ts';

type Told<T extends Message['TAG']> = Extract<Message, { TAG: T }>['data'];

export class Words {
  readonly #world: World;
  /** As the first authority knows it: who came in later has a name there as well. */
  readonly #network: JudgedNetwork;
  /** Orders that were told of, by the hash that votes name them by. */
  readonly #orders = new Map<string, string>();
  /** Values that were proposed, by the hash that prevotes and precommits name them by. */
  readonly #values = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    const [first] = world.authorities;
    this.#network =
      first === undefined ? world.network : judgedBy(world.network, () => stateOf(first));
  }

  /** Whose key this is. A copy has the key of its original, and is called by that one's name. */
  who(key: Uint8Array): string {
    const places = [...this.#world.places.values()];
    return places.find(({ signer }) => toHex(signer.publicKey) === toHex(key))?.name ?? 'somebody';
  }

  /** What a member is called. */
  member(member: MemberIndex): string {
    return memberName(this.#network, member);
  }

  message(message: Message): string {
    const { TAG, data } = message;
    const tell = this.#messages[TAG] as (data: unknown) => string;
    return tell(data);
  }

  /** What happened at a place, as people are told. */
  notice(place: Place, notice: Notice): string {
    const view = viewOfNotice(this.#network, notice);
    let text = renderEvent(PLAIN, { ...view, atMs: 0 })
      .replace(/^\S+\s+/, '')
      .replace(/\s+/, '  ');
    for (const each of this.#world.places.values()) {
      const shown = shortName(nameOf('account', each.signer.publicKey));
      text = text.replaceAll(shown, this.who(each.signer.publicKey));
    }
    // A link is a number; whoever is at its other end has a name.
    return text.replace(/\bon link ([0-9a-f]{16})\b/, (_, link: string) => {
      return `from ${this.#world.otherEnd(place, BigInt(`0x${link}`) as LinkId)?.name ?? 'somebody'}`;
    });
  }

  amount(minor: bigint, token = 0): string {
    const { amount, token: symbol } = quantityView(this.#network, token as never, minor);
    return `${amount} ${symbol}`;
  }

  /** "3.00 HRS alice -> bob #0", the number being the sequence. */
  order({ order }: SignedOrder): string {
    const { account, sequence, action } = order;
    const { token, amount } = action.data;
    const [payer, payee] = [this.who(account), this.#payee(action)];
    const hash = toHex(orderHash(this.#network.id, order));
    this.#orders.set(hash, `${payer} -> ${payee} #${sequence}`);
    return `${this.amount(amount, token)} ${payer} -> ${payee} #${sequence}`;
  }

  #payee({ TAG, data }: Action | Plan): string {
    if (TAG === 'transfer') return this.who(data.recipient);
    const ledger = this.#network.genesis.ledgers[data.ledger]?.name;
    return `${textIn(data.recipient)} at ${ledger}`;
  }

  #certificate({ order, votes }: Certificate): string {
    const voters = votes.map(({ member }) => this.member(member));
    return `${this.order(order)} by ${voters.join(', ')}`;
  }

  #certificates(list: readonly Certificate[]): string {
    return list.length === 0 ? 'none' : list.map((each) => this.#certificate(each)).join('; ');
  }

  #balances(list: readonly TokenBalance[]): string {
    return list.map(({ token, balance }) => this.amount(balance, token)).join(', ') || 'nothing';
  }

  #members(list: readonly Pick<MemberSignature, 'member'>[]): string {
    return list.map(({ member }) => this.member(member)).join(', ');
  }

  /** "the outcome of alice #0". */
  #subject({ TAG, data }: Subject): string {
    if (TAG === 'epoch') return `the end of epoch ${data.epoch}`;
    const { account, sequence } = data;
    return `the ${TAG} of ${this.who(account)} #${sequence}`;
  }

  /** A value is told in full before anybody votes for its hash. */
  #value(subject: Subject, value: Uint8Array): string {
    const [text, because] = this.#meaning(subject, value);
    this.#values.set(toHex(sha256(value)), text);
    return `${text}${because}`;
  }

  /** What a value says, and why that follows. */
  #meaning({ TAG }: Subject, value: Uint8Array): readonly [text: string, because: string] {
    switch (TAG) {
      case 'outcome':
        return [isSettle(value) ? 'settle' : isRefund(value) ? 'refund' : toHex(value), ''];
      case 'closing':
        return this.#closing(decodeOwn(closingValueCoder, value));
      case 'epoch': {
        const { members, root, statements } = decodeOwn(epochValueCoder, value);
        const names = members.map(({ name }) => name).join(', ');
        const from = ` from root ${toHex(root).slice(0, 8)}`;
        return [`${names} come next`, `${from}, as ${this.#members(statements)} stated`];
      }
    }
  }

  /** What becomes of a sequence, and whose statements say so. */
  #closing({ statements, orders }: ClosingValue): readonly [text: string, because: string] {
    const possible = orders.map((order) => this.order(order)).join(' and ');
    const { TAG } = resultOf(this.#network.id, orders);
    const result = {
      none: 'it ends without an order',
      win: `${possible} wins`,
      reserve: `a reserve for ${possible}`,
    }[TAG];
    return [result, `, as ${this.#members(statements)} stated`];
  }

  #ballot(kind: string, { body: { subject, round, value }, again }: Ballot): string {
    const hash = value === undefined ? 'nothing' : toHex(value);
    const what = `${this.#subject(subject)}: ${this.#values.get(hash) ?? hash}`;
    return `${kind} about ${what}, round ${round}${again ? ', again' : ''}`;
  }

  #hash(hash: Uint8Array): string {
    return this.#orders.get(toHex(hash)) ?? 'an unknown order';
  }

  #wish(wish: Wish): string {
    switch (wish.TAG) {
      case 'state':
        return 'the state';
      case 'latest':
        return 'the latest';
      case 'orders':
        return `the orders from #${wish.data.from} on`;
      case 'facts':
        return `the facts after the first ${wish.data.from}`;
      case 'credits':
        return `the credits after the first ${wish.data.from}`;
      case 'plan': {
        const { token, amount } = wish.data.data;
        return `the latest, and a vote for ${this.amount(amount, token)} to ${this.#payee(wish.data)}`;
      }
    }
  }

  #fact(fact: CertifiedFact): string {
    if (fact.TAG === 'report') return this.#report(fact.data.body);
    return `${this.#subject(fact.data.subject)}: ${this.#value(fact.data.subject, fact.data.value)}`;
  }

  #report({ event }: ReportBody): string {
    if (event.TAG === 'deposit') {
      const { account, token, amount } = event.data;
      return `deposit of ${this.amount(amount, token)} for ${this.who(account)}`;
    }
    return `withdrawal #${event.data.sequence} of ${this.who(event.data.account)} ${event.TAG}`;
  }

  #place({ account, sequence }: ClosingPlace): string {
    return `${this.who(account)} #${sequence}`;
  }

  readonly #messages: { readonly [T in Message['TAG']]: (data: Told<T>) => string } = {
    order: (order) => `order ${this.order(order)}`,
    vote: ({ orderHash: hash }) => `vote for ${this.#hash(hash)}`,
    orderRefusal: ({ verdict, pending }) => {
      const other = pending === undefined ? '' : `, ${this.order(pending)} is pending`;
      return `refusal of ${this.#hash(verdict.orderHash)}: ${codeOf(verdict.code)}${other}`;
    },
    certificate: (certificate) => `certificate ${this.#certificate(certificate)}`,
    applied: ({ account, next }) => `applied, ${this.who(account)} is at #${next}`,
    rejected: ({ code, account, next }) => {
      const where = account === undefined ? '' : `, ${this.who(account)} is at #${next}`;
      return `rejected: ${codeOf(code)}${where}`;
    },
    accountQuery: ({ account }) => `account query for ${this.who(account)}`,
    account: ({ account, next, balances }) =>
      `account ${this.who(account)}: at #${next}, ${this.#balances(balances)}`,
    certificatesQuery: ({ account, from }) =>
      `certificates query for ${this.who(account)} from #${from} on`,
    certificates: ({ account, next, certificates }) =>
      `certificates of ${this.who(account)}, who is at #${next}: ${this.#certificates(certificates)}`,
    credits: ({ account, from, received, certificates }) =>
      `credits of ${this.who(account)}, ${received} in all, after the first ${from}: ${this.#certificates(certificates)}`,
    gossip: (order) => `gossip ${this.order(order)}`,
    doubleSpend: ({ first, second }) =>
      `double-spend proof ${this.order(first)} and ${this.order(second)}`,
    root: ({ digest }) => `root ${toHex(digest).slice(0, 8)}`,
    digest: ({ path }) => `digest, ${path.length} levels down`,
    bucket: ({ entries }) => {
      const accounts = entries.map(({ account, next }) => `${this.who(account)} at #${next}`);
      return `bucket ${accounts.join(', ') || 'without accounts'}`;
    },
    progress: ({ body: { account, next } }) => `progress, ${this.who(account)} is at #${next}`,
    proofCount: ({ count }) => `proof count ${count}`,
    proofsQuery: ({ from }) => `proofs query after the first ${from}`,
    proofs: ({ from, count, list }) => {
      const pairs = list.map(
        ({ first, second }) => `${this.order(first)} and ${this.order(second)}`,
      );
      return `proofs, ${count} in all, after the first ${from}: ${pairs.join('; ') || 'none'}`;
    },
    latest: ({ body: { account, next, pending, knows, answer } }) => {
      const order = pending === undefined ? 'nothing pending' : `pending ${this.#hash(pending)}`;
      const memory = knows ? '' : ', does not know all its votes';
      const code = answer?.code === undefined ? 'would vote' : codeOf(answer.code);
      const vote = answer === undefined ? '' : `, ${code}`;
      return `latest of ${this.who(account)}: at #${next}, ${order}${memory}${vote}`;
    },
    firstStart: ({ member }) => `first start of ${this.member(member)}`,
    vouch: ({ body: { about, word } }) => `vouch for ${this.member(about)}: ${word}`,
    question: ({ body: { account, wish } }) =>
      `question of ${this.who(account)}: ${this.#wish(wish)}`,
    wayQuery: () => 'way query',
    proposal: ({ body: { subject, round, validRound, value }, again }) => {
      const valid = validRound === undefined ? '' : `, of round ${validRound}`;
      const what = `${this.#subject(subject)}: ${this.#value(subject, value)}${valid}`;
      return `proposal about ${what}, round ${round}${again ? ', again' : ''}`;
    },
    prevote: (ballot) => this.#ballot('prevote', ballot),
    precommit: (ballot) => this.#ballot('precommit', ballot),
    polka: ({ subject, round, value, prevotes }) =>
      `polka about ${this.#subject(subject)}: ${this.#value(subject, value)}, round ${round}, by ${this.#members(prevotes)}`,
    decision: ({ subject, round, value, precommits }) =>
      `decision about ${this.#subject(subject)}: ${this.#value(subject, value)}, round ${round}, by ${this.#members(precommits)}`,
    heartbeat: ({ member, body: { votes, heard } }) => {
      const named = (each: MemberIndex): string => this.member(each);
      const others = heard.map((each: BeatHeard) => named(each.member)).join(', ') || 'nobody';
      const vote = votes ? 'votes' : 'does not vote';
      return `heartbeat of ${named(member)}, which ${vote} and has heard ${others}`;
    },
    approval: ({ body: { members } }) =>
      `approval of ${members.map((each: { readonly name: string }) => each.name).join(', ')}`,
    statement: ({ epoch, body: { root } }) =>
      `statement for the end of epoch ${epoch}, at root ${toHex(root).slice(0, 8)}`,
    pageQuery: ({ names }) => `question for ${names.length} pages`,
    page: ({ bytes }) => `page of ${bytes.length} bytes`,
    epochsQuery: ({ from }) => `at epoch ${from}`,
    epochDecision: ({ epoch }) => `decision that ended epoch ${epoch}`,
    settleRequest: (certificate) => `settle request for ${this.#certificate(certificate)}`,
    testimony: ({ member, body }) => `testimony of ${this.member(member)}: ${this.#report(body)}`,
    fact: (fact) => `fact ${this.#fact(fact)}`,
    factCount: ({ count }) => `fact count ${count}`,
    factsQuery: ({ from }) => `facts query after the first ${from}`,
    accountFacts: ({ account, from, count, list }) =>
      `facts about ${this.who(account)}, ${count} in all, after the first ${from}: ${list.length}`,
    facts: ({ from, count, list }) => {
      const facts = list.map((fact) => this.#fact(fact)).join('; ') || 'none';
      return `facts, ${count} in all, after the first ${from}: ${facts}`;
    },
    closingRequest: ({ place, cause }) =>
      `request to close ${this.#place(place)} ${cause.TAG === 'wish' ? 'for a wish' : 'for two orders'}`,
    closingStatement: ({ member, place, voted }) =>
      `statement of ${this.member(member)} about ${this.#place(place)}: ${voted === undefined ? 'no vote' : this.order(voted)}`,
    closingTold: ({ place, statements, decision }) =>
      `closing of ${this.#place(place)}: ${decision === undefined ? `${statements} stated` : 'decided'}`,
    closingVote: ({ member, order }) =>
      `vote of ${this.member(member)} for the winner ${this.order(order)}`,
    way: ({ member }) => `way to ${this.member(member)}`,
  };
}

/** The state of a place as it is whenever it is looked at. */
function stateOf(place: Place): Read {
  return { get: (key) => place.state.get(key) };
}

function codeOf(wire: number): string {
  return refusalCodeOf(wire) ?? `code ${wire}`;
}
