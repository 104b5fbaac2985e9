/** What the supplicant's log says of SAE: bounded in work and length, whoever writes into it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_SAE_FAILURES } from '../../platform/limits.ts';
import { saeFailures } from '../../platform/linux/supplicant.ts';

const at = (n: number): string =>
  `02:00:00:${[n >> 16, n >> 8, n].map((byte) => (byte & 255).toString(16).padStart(2, '0')).join(':')}`;
const failed = (n: number): string => `mesh0: MESH-SAE-AUTH-FAILURE addr=${at(n)}\n`;
const connected = (n: number): string => `mesh0: MESH-PEER-CONNECTED ${at(n)}\n`;

describe('SAE failures in the log', () => {
  it('are counted by neighbour, the most stubborn first, the latest first among equals', () => {
    const log = [failed(1), failed(2), failed(2), failed(3), 'noise\n', failed(4)].join('');
    assert.deepEqual(saeFailures(log), [
      { address: at(2), count: 2 },
      { address: at(4), count: 1 },
      { address: at(3), count: 1 },
      { address: at(1), count: 1 },
    ]);
  });

  it('do not count once the neighbour has come in, and count anew after that', () => {
    assert.deepEqual(saeFailures(failed(1) + failed(1) + connected(1)), []);
    assert.deepEqual(saeFailures(connected(1) + failed(1)), [{ address: at(1), count: 1 }]);
    assert.deepEqual(saeFailures(failed(1) + connected(1) + failed(1) + connected(2)), [
      { address: at(1), count: 1 },
    ]);
  });

  it('are those of our interface, where the log is that of the whole host', () => {
    const line = (name: string, words: string) =>
      `daemon.notice wpa_supplicant[7]: ${name}: ${words}`;
    const fails = (name: string, n: number) => line(name, `MESH-SAE-AUTH-FAILURE addr=${at(n)}\n`);
    const log = [
      fails('phy1-mesh0', 1),
      fails('mesh01', 2),
      fails('mesh0', 3),
      `mesh0: MESH-SAE-AUTH-FAILURE addr=${at(4)}\n`,
      line('phy1-mesh0', `MESH-PEER-CONNECTED ${at(3)}\n`),
    ].join('');
    const names = (name?: string) => saeFailures(log, name).map(({ address }) => address);
    assert.deepEqual(names('mesh0'), [at(4), at(3)]);
    assert.deepEqual(names('phy1-mesh0'), [at(1)]);
    assert.deepEqual(names('mesh.'), [], 'a name is no pattern');
    assert.deepEqual(
      saeFailures(fails('mesh0', 1) + line('mesh0', `MESH-PEER-CONNECTED ${at(1)}`), 'mesh0'),
      [],
    );
  });

  it('are told of so many neighbours and no more', () => {
    const log = (most: number): string =>
      Array.from({ length: most }, (_, n) => failed(n)).join('');
    assert.equal(saeFailures(log(MAX_SAE_FAILURES)).length, MAX_SAE_FAILURES);
    assert.equal(saeFailures(log(MAX_SAE_FAILURES + 1)).length, MAX_SAE_FAILURES);
    const stubborn = failed(9_999) + failed(9_999);
    assert.equal(saeFailures(stubborn + log(1_000))[0]?.address, at(9_999));
  });

  it('are read in one pass over the log', () => {
    const passes = { count: 0 };
    const log = Object.assign(new String(failed(1).repeat(3) + failed(2)), {
      matchAll(this: string, pattern: RegExp) {
        passes.count++;
        return String(this).matchAll(pattern);
      },
      indexOf: () => assert.fail('it looks again for each neighbour'),
      lastIndexOf: () => assert.fail('it looks again for each neighbour'),
    });
    assert.equal(saeFailures(log as unknown as string).length, 2);
    assert.equal(passes.count, 1);
  });
});
