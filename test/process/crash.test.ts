import { test } from 'node:test';
import { crashRounds } from './crash.ts';

const ROUNDS = 8;

test('authorities killed at any moment contradict no vote and lose no payment', async (context) => {
  const seed = Date.now() % 1_000_000;
  context.diagnostic(
    `seed ${seed} (node dist/test/process/crash.js --rounds ${ROUNDS} --seed ${seed})`,
  );
  const { payments, votesSeen } = await crashRounds(ROUNDS, seed);
  context.diagnostic(`${ROUNDS} rounds, ${payments} payments, ${votesSeen} votes checked`);
});
