import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agreementOn } from '../../agent/core/agreement/agreement.ts';
import { decisionOn, subjectHash } from '../../agent/core/agreement/decision.ts';
import { beginAgreement, wakeSubject } from '../../agent/core/agreement/open.ts';
import type { SubjectTable } from '../../agent/core/agreement/rules.ts';
import { SUBJECTS } from '../../agent/core/agreement/subjects.ts';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import type { Epoch, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import {
  type Ballot,
  ballotBodyCoder,
  type Decision,
  type Subject,
} from '../../agent/core/codec/agreement.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { Draft } from '../../agent/core/draft.ts';
import { refusedDecision } from '../../agent/core/epochs/carried.ts';
import { REFUND } from '../../agent/core/gateway/outcome-value.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import type { Part } from '../../agent/core/part.ts';
import { PARTS } from '../../agent/core/parts.ts';
import { isAuthority } from '../../agent/core/setup.ts';
import { Changes } from '../support/changes.ts';
import { A, B, subjectNumber } from '../support/debates.ts';

const FOUNDERS = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];
const NEXT = ['auth-0', 'auth-1', 'auth-3', 'elm'];
const SUBJECT = subjectNumber(7);

/** A world whose authorities all wish the same value of the subject, and find any valid. */
class Wishing extends Changes {
  constructor(wish: { value: Uint8Array | undefined }) {
    const table: SubjectTable = {
      ...SUBJECTS,
      outcome: {
        mayBegin: () => true,
        propose: () => wish.value,
        judge: () => 'valid',
        decided: () => undefined,
      },
    };
    const agreement: Part = agreementOn(table);
    super({
      heartbeats: true,
      parts: PARTS.map((part): Part => (part.name === 'agreement' ? agreement : part)),
    });
  }

  /** Has these authorities debate the subject. */
  debate(names: readonly string[]): void {
    for (const name of names) {
      const place = this.place(name);
      const { setup, state } = place;
      assert.ok(isAuthority(setup));
      const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: this.nowMs, wallMs: 0 });
      beginAgreement(draft, setup, SUBJECT);
      wakeSubject(draft, subjectHash(SUBJECT));
      for (const { key, value } of draft.finish(undefined).writes) {
        if (value === undefined) state.delete(key);
        else state.set(key, value);
      }
      this.event(place, { kind: 'tick' });
    }
    this.run();
  }

  decided(name: string): Uint8Array | undefined {
    const { state } = this.place(name);
    return decisionOn({ get: (key) => state.get(key) }, SUBJECT)?.value;
  }

  change(): void {
    this.approve(['auth-0', 'auth-1', 'auth-3'], this.committeeOf(NEXT));
    this.pass(5_000);
    assert.deepEqual(this.epochs(NEXT), [1, 1, 1, 1]);
  }

  /** A decision with the precommits of all founders, as whoever has their keys can make it. */
  forged(value: Uint8Array, subject = SUBJECT): Decision {
    const [epoch, round] = [0 as Epoch, 0];
    const body = encode(ballotBodyCoder, { subject, round, value: sha256(value) });
    const precommits = FOUNDERS.map((name, n) => {
      const bytes = signingBytes('precommit', this.network.id, epoch, body);
      return { member: n as MemberIndex, signature: this.place(name).signer.sign(bytes) };
    });
    return { epoch, subject, round, value, precommits };
  }
}

function tell(world: Wishing, to: string, data: Decision): void {
  const message = { TAG: 'decision', data } as const;
  world.inject(to === 'auth-0' ? 'auth-1' : 'auth-0', to, {
    to: undefined,
    route: [],
    isPassedOn: false,
    message,
  });
}

describe('a debate that an epoch leaves open', () => {
  it('has the value decided that may have been, whatever the new committee wishes', () => {
    const wish = { value: A as Uint8Array | undefined };
    const world = new Wishing(wish);
    const hidden: Ballot[] = [];
    world.onFrame = (_from, _to, { message }) => {
      const isHidden = message.TAG === 'precommit' && message.data.body.subject.TAG === 'outcome';
      if (isHidden) hidden.push(message.data);
      return !isHidden;
    };
    world.debate(FOUNDERS);
    const voters = hidden.filter(({ body }) => body.value !== undefined);
    assert.equal(new Set(voters.map(({ member }) => member)).size, 4);
    assert.deepEqual(
      FOUNDERS.map((name) => world.decided(name)),
      [undefined, undefined, undefined, undefined],
    );
    wish.value = B;
    world.change();
    world.onFrame = () => true;
    world.debate(NEXT);
    world.pass(20_000);
    assert.deepEqual(
      NEXT.map((name) => world.decided(name)),
      [A, A, A, A],
    );
  });

  it('is open to any value if nothing had a quorum of prevotes', () => {
    const wish = { value: A as Uint8Array | undefined };
    const world = new Wishing(wish);
    world.onFrame = (_from, _to, { message }) =>
      message.TAG !== 'prevote' || message.data.body.subject.TAG !== 'outcome';
    world.debate(FOUNDERS);
    wish.value = B;
    world.change();
    world.onFrame = () => true;
    world.debate(NEXT);
    world.pass(20_000);
    assert.deepEqual(
      NEXT.map((name) => world.decided(name)),
      [B, B, B, B],
    );
  });

  it('takes nobody’s part any more who has stopped', () => {
    const wish = { value: undefined as Uint8Array | undefined };
    const world = new Wishing(wish);
    world.onFrame = (_from, _to, { message }) =>
      message.TAG !== 'precommit' || message.data.body.subject.TAG !== 'epoch';
    world.approve(['auth-0', 'auth-1', 'auth-3'], world.committeeOf(NEXT));
    wish.value = A;
    let said = 0;
    world.onFrame = (_from, _to, { message }) => {
      const isBallot = message.TAG === 'proposal' || message.TAG === 'prevote';
      if (isBallot && message.data.body.subject.TAG === 'outcome') said++;
      return message.TAG !== 'precommit' || message.data.body.subject.TAG !== 'epoch';
    };
    world.debate(FOUNDERS);
    world.pass(3_000);
    assert.equal(said, 0);
  });

  it('is not ended by a decision of a former epoch, but by the one that was carried over', () => {
    const wish = { value: undefined as Uint8Array | undefined };
    const world = new Wishing(wish);
    world.change();
    const forged = world.forged(B);
    world.debate(['auth-0']);
    tell(world, 'auth-0', forged);
    assert.equal(world.decided('auth-0'), undefined);
    const { state } = world.place('auth-0');
    assert.equal(refusedDecision({ get: (key) => state.get(key) }, forged)?.refused, 'epoch_over');

    const carried = new Wishing({ value: A });
    carried.onFrame = (_from, _to, { message }) =>
      message.TAG !== 'precommit' || message.data.body.subject.TAG !== 'outcome';
    carried.debate(FOUNDERS);
    carried.change();
    tell(carried, 'auth-1', carried.forged(B));
    assert.equal(carried.decided('auth-1'), undefined);
    tell(carried, 'auth-1', carried.forged(A));
    assert.deepEqual(carried.decided('auth-1'), A);
  });

  it('moves no money by a decision of a former epoch, whoever has its keys', () => {
    const world = new Wishing({ value: undefined });
    world.withdraw('alice', 10n);
    world.pass(5_000);
    world.change();
    const place = { account: world.place('alice').signer.publicKey, sequence: 0n as Sequence };
    const subject: Subject = { TAG: 'outcome', data: place };
    const forged = world.forged(REFUND, subject);
    const message: Message = { TAG: 'fact', data: { TAG: 'outcome', data: forged } };
    const frame = { to: undefined, route: [], isPassedOn: false, message };
    const stateOf = (name: string): string | undefined =>
      withdrawalAt(world.place(name).state, place.account, place.sequence)?.state;
    assert.equal(stateOf('auth-1'), 'locked');
    world.inject('auth-0', 'auth-1', frame);
    world.run();
    assert.deepEqual(NEXT.map(stateOf), ['locked', 'locked', 'locked', 'locked']);
  });
});
