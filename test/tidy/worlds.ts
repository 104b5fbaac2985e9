/** Rules of the house: who may touch the world outside: clocks, chance, the process, files. */

import assert from 'node:assert/strict';
import { rule } from './rule.ts';
import { read, under, withoutComments } from './tree.ts';

rule('the core reads no clock, no randomness and no process', () => {
  const forbidden =
    /\bDate\b|Math\.random|\bprocess\.|\bglobalThis\b|\bsetTimeout\b|\bcrypto\.(subtle|getRandom|random)/;
  const wrong = under('agent/core').filter((path) => forbidden.test(withoutComments(path)));
  assert.deepEqual(wrong, []);
});

rule('nobody but main ends the process', () => {
  const ends = [...under('agent/core'), ...under('agent/shell'), ...under('platform')].filter(
    (path) => /process\.exit\b/.test(withoutComments(path)),
  );
  assert.deepEqual(ends, []);
});

/**
 * Who reads and writes files by itself: what does it for all, the store, and files of the kernel.
 */
const OWN_FILES =
  /^(agent\/shell\/(store\/|log\/log-output\.ts|control\/socket-file\.ts)|platform\/file-)/;

rule('files are read and written by those who do it for all', () => {
  const forbidden =
    /\b(readFile|writeFile|appendFile|copyFile|write|createReadStream|createWriteStream)(Sync)?\b[^']*'node:fs(\/promises)?'/;
  const wrong = [...under('agent'), ...under('platform')].filter(
    (path) => !OWN_FILES.test(path) && forbidden.test(withoutComments(path)),
  );
  assert.deepEqual(wrong, []);
});

/** Who looks again and again all the same, and why nothing can wake it. */
const LOOKS_AGAIN: Readonly<Record<string, string>> = {
  'agent/shell/log/logs.ts': 'folded lines are written at a steady pace',
  'agent/shell/net/links.ts': 'signs of life are sent at a steady pace',
  'agent/shell/net/acceptor.ts': 'no event tells that an address came to an interface',
  'agent/shell/net/discovery.ts': 'no event tells that an interface came',
  'agent/shell/daemon/notify.ts': "the service manager's watchdog wants a sign at a steady pace",
  'agent/shell/daemon/parts/twin-watch.ts': 'the kernel tells of a doubled address only when asked',
  'agent/shell/store/holder.ts': 'no event tells that a process of somebody else ended',
  'agent/cli/terminal.ts': 'progress is drawn at a steady pace',
  'agent/cli/commands/radio-watch.ts': 'a living picture has ages in it, which go on',
  'agent/cli/commands/radio-watched.ts': 'a report is a file, and whoever writes it may be gone',
  'agent/cli/lab/lab-daemon.ts': 'a control socket that is not there yet wakes nobody',
  'agent/cli/lab/lab-waits.ts':
    'no event tells that the ledgers of several nodes have become equal',
  'agent/cli/commands/lab.ts': 'the lab watches processes that are not its children',
  'agent/radio/sign.ts': 'a lamp blinks at a steady pace',
  'agent/radio/service.ts': 'the lock of another process is looked at',
  'platform/runner.ts': 'no event tells that a file of the kernel changed',
};

rule('whoever waits is woken: nobody looks again and again but for a reason', () => {
  const looks = /\bsetInterval\(|(?<!function |[.\w#])(pause|sleep)\(|'(node:)?timers\/promises'/;
  const found = [...under('agent'), ...under('platform')].filter((path) =>
    looks.test(withoutComments(path)),
  );
  assert.deepEqual(found, Object.keys(LOOKS_AGAIN).sort());
});

rule('whoever waits leaves nothing behind at what does not come', () => {
  // A race keeps something at each promise that it lost until that settles, and some never do.
  const races = /\bPromise\.(race|any)\(/;
  const wrong = [...under('agent'), ...under('platform')].filter((path) =>
    races.test(withoutComments(path)),
  );
  assert.deepEqual(wrong, []);
});

rule('no suite ends by the wall clock: waits have a patience that load does not wear out', () => {
  assert.doesNotMatch(read('package.json'), /--test-timeout/);
  const deadline = /\bnow\(\)\s*[<>]|(?<!=)[<>]=?\s*(performance|Date)\.now\(\)/;
  // In a virtual machine time is its own; the simulator's command may be told how long to go on.
  const exempt = ['test/bench/', 'test/hwsim/guest/', 'test/hwsim/bench/', 'test/sim/main.ts'];
  const timed = under('test').filter((path) => !exempt.some((place) => path.startsWith(place)));
  assert.deepEqual(
    timed.filter((path) => deadline.test(withoutComments(path))),
    [],
  );
});
