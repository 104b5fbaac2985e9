/** Deliberate bugs in who is taken for heard. */
import type { Mutant } from './mutant.ts';

const HEARTBEAT = 'agent/core/presence/heartbeat.js';
const STATUS = 'agent/core/presence/status.js';

export const PRESENCE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a heartbeat counts for having come',
    file: HEARTBEAT,
    find: 'named === undefined ? undefined : sentAt(ownBeats(draft), named)',
    replace: 'nowOf(draft)',
    caughtBy: ['presence'],
  },
  {
    name: 'a heartbeat may name one that was never sent',
    file: HEARTBEAT,
    find: 'if (counter > last)',
    replace: 'if (false)',
    caughtBy: ['presence'],
    profile: 'crashes',
  },
  {
    name: 'whoever was heard once is heard for ever',
    file: STATUS,
    find: 'provenMs !== undefined && nowMs - provenMs <= SILENT_AFTER_MS',
    replace: 'provenMs !== undefined',
    caughtBy: ['presence'],
    profile: 'network',
  },
  {
    name: 'nobody is looked after between heartbeats',
    file: HEARTBEAT,
    find: 'judgeAll(draft, setup);\n    const { rounds',
    replace: 'const { rounds',
    caughtBy: ['presence'],
    profile: 'network',
  },
  {
    name: 'who was silent is heard again at once',
    file: STATUS,
    find: 'known.wasHeard && known.provenMs - backMs < STEADY_MS',
    replace: 'false',
    caughtBy: ['presence'],
    profile: 'network',
  },
  {
    name: 'one less than a quorum is no partition',
    file: STATUS,
    find: 'heard >= quorumOf(members)',
    replace: 'heard + 1 >= quorumOf(members)',
    caughtBy: ['presence'],
    profile: 'network',
  },
];
