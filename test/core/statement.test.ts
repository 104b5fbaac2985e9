/** Whose signed word counts, and on what (agent/core/network/statement.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { progressBodyCoder } from '../../agent/core/codec/message.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { isStatementValid, signStatement } from '../../agent/core/network/statement.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { World } from '../support/world.ts';

test('a statement counts for its member, epoch, kind, network and words, and for nothing else', () => {
  const world = new World();
  const place = world.place('auth-1');
  const setup = place.setup as AuthoritySetup;
  const body = { account: place.signer.publicKey, next: 3n as Sequence };
  const signed = signStatement(world.network.state, setup, 'progress', progressBodyCoder, body);
  assert.deepEqual([signed.epoch, signed.member], [0, 1]);
  const isValid = (change: object, said = body, kind: 'progress' | 'latest' = 'progress') =>
    isStatementValid(
      world.network.state,
      setup,
      kind,
      progressBodyCoder,
      { ...signed, ...change },
      said,
    );
  assert.equal(isValid({}), true);
  for (const member of [0, 2, 4, 255]) {
    assert.equal(isValid({ member: member as MemberIndex }), false, `${member}`);
  }
  assert.equal(isValid({ signature: signed.signature.with(63, 0xff) }), false);
  assert.equal(isValid({}, { ...body, next: 4n as Sequence }), false);
  assert.equal(isValid({}, body, 'latest'), false);
  const { id } = setup.network;
  const signedFor = (network: Uint8Array, epoch: number) => {
    const bytes = encode(progressBodyCoder, body);
    const at = epoch as Epoch;
    const signature = place.signer.sign(signingBytes('progress', network, at, bytes));
    return isValid({ epoch: at, signature });
  };
  assert.equal(signedFor(id, 0), true);
  assert.equal(signedFor(id, 1), false, 'another epoch has another committee');
  assert.equal(signedFor(new Uint8Array(32), 0), false);
});
