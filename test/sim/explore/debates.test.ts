/** Debates of four members, searched to the end, and members that are broken on purpose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgreementRecord, agreementCoder } from '../../../agent/core/codec/agreement.ts';
import { decodeOwn, encode } from '../../../agent/core/codec/canonical.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import type { DebateHabit } from './debate-member.ts';
import { DEBATES, DebateSearch, TWO_TRAITORS } from './debates.ts';

for (const setting of DEBATES.filter(({ isQuick }) => isQuick)) {
  test(`every promise holds in every state of "${setting.name}"`, (context) => {
    const result = new DebateSearch(setting).run();
    assert.equal(result.violation?.message, undefined, result.path.join('\n'));
    assert.ok(result.isExhausted, 'ended because no state was left');
    const { states, transitions, locals } = result;
    context.diagnostic(`${states} states, ${transitions} transitions, ${locals} local states`);
  });
}

test('with one traitor too many the search tells a way to two decisions', () => {
  const { violation, path } = new DebateSearch(TWO_TRAITORS).run();
  assert.equal(violation?.promise, 'OneDecision');
  assert.ok(path.length > 0 && path.length <= 4, path.join('\n'));
});

test('a search that stops at its bound does not count as ended', () => {
  const [setting] = DEBATES;
  assert.ok(setting !== undefined);
  const result = new DebateSearch(setting).run(50);
  assert.equal(result.violation, undefined);
  assert.equal(result.isExhausted, false);
});

/** What it writes of a debate is changed. */
function writesOtherwise(change: (record: AgreementRecord) => AgreementRecord): DebateHabit {
  return (step) => ({
    ...step,
    writes: step.writes.map((write) => {
      if (write.value === undefined || !write.key.startsWith(SPACES.agreement.prefix)) return write;
      const record = decodeOwn(agreementCoder, write.value);
      return { ...write, value: encode(agreementCoder, change(record)) };
    }),
  });
}
const BROKEN: Readonly<Record<string, readonly [DebateHabit, string]>> = {
  'forgets its prevote at a restart': [
    writesOtherwise((record) => ({ ...record, prevoted: undefined })),
    'BallotsNeverContradict',
  ],
  'precommits without the lock': [
    writesOtherwise((record) => ({ ...record, locked: undefined })),
    'OneDecision',
  ],
};

for (const [habit, [broken, promise]] of Object.entries(BROKEN)) {
  test(`a member that ${habit} is found out`, () => {
    const [setting] = DEBATES;
    assert.ok(setting !== undefined);
    assert.equal(new DebateSearch(setting, broken).run().violation?.promise, promise);
  });
}
