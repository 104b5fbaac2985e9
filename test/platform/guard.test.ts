/** The guard of the neighbours: looks are made by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failure, fault, success } from '../../platform/fault.ts';
import { type GuardReport, NeighbourGuard } from '../../platform/guard.ts';
import { MAX_CANDIDATES, SILENT_MS } from '../../platform/limits.ts';
import { DEFAULT_LIVENESS } from '../../platform/liveness.ts';
import type { Station } from '../../platform/radio.ts';
import { station } from './samples.ts';

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';

function make() {
  const world = { stations: [station(A, 100), station(B, 100)], nowMs: 0, refuse: false };
  const acts: string[] = [];
  const reports: GuardReport[] = [];
  const act = (name: string) => async (_interfaceName: string, address: string) => {
    acts.push(`${name} ${address}`);
    if (!world.refuse) return success(undefined);
    return failure(fault('not_permitted', 'mesh0', 'CAP_NET_ADMIN', 'EPERM'));
  };
  const timers = new Set<() => void>();
  const after = (_delayMs: number, callback: () => void) => {
    timers.add(callback);
    return () => timers.delete(callback);
  };
  const guard = new NeighbourGuard({
    platform: {
      stations: async () => success<readonly Station[]>(world.stations),
      forgetStation: act('forget'),
      resetPeering: act('reset'),
    },
    interfaceName: 'mesh0',
    liveness: DEFAULT_LIVENESS,
    scheduler: { after },
    nowMs: () => world.nowMs,
    report: (report) => reports.push(report),
    revive: (what) => acts.push(`revive ${what}`),
  });
  return { world, acts, reports, guard, timers };
}

describe('the guard', () => {
  it('forgets a dead neighbour and resets its peering when it comes back', async () => {
    const { world, acts, guard } = make();
    await guard.look();
    world.stations = [station(A, 100), station(B, 1600)];
    await guard.look();
    assert.deepEqual(acts, [`forget ${B}`]);
    world.stations = [station(A, 100)];
    world.nowMs = 4000;
    guard.onEvent({ kind: 'peer_candidate', interfaceName: 'mesh0', address: B });
    await guard.look();
    assert.deepEqual(acts, [`forget ${B}`, `reset ${B}`]);
    world.nowMs = 60_000;
    await guard.look();
    assert.equal(acts.length, 2, 'one candidate is one reset');
  });

  it('does not listen to candidates on other interfaces', async () => {
    const { world, acts, guard } = make();
    world.stations = [station(A, 100), station(B, 1600)];
    await guard.look();
    world.stations = [station(A, 100)];
    guard.onEvent({ kind: 'peer_candidate', interfaceName: 'mesh1', address: B });
    await guard.look();
    assert.deepEqual(acts, [`forget ${B}`]);
  });

  it('remembers so many candidates between two looks, and no more', async () => {
    for (const [others, resets] of [
      [MAX_CANDIDATES - 1, [`reset ${B}`]],
      [MAX_CANDIDATES, []],
    ] as const) {
      const { world, acts, guard } = make();
      world.stations = [station(A, 100), station(B, 1600)];
      await guard.look();
      world.stations = [station(A, 100)];
      const event = { kind: 'peer_candidate', interfaceName: 'mesh0' } as const;
      for (let other = 0; other < others; other++) guard.onEvent({ ...event, address: `${other}` });
      guard.onEvent({ ...event, address: B });
      await guard.look();
      assert.deepEqual(acts.slice(1), resets);
    }
  });

  it('looks again and again, and not any more once it is closed', async () => {
    const { world, acts, guard, timers } = make();
    const fire = async () => {
      const [callback] = timers;
      timers.clear();
      callback?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    guard.start();
    await fire();
    assert.equal(timers.size, 1, 'after a look the next one is due');
    guard.close();
    assert.equal(timers.size, 0);
    guard.start();
    assert.equal(timers.size, 0);
    world.stations = [station(A, 100), station(B, 1600)];
    await guard.look();
    assert.deepEqual(acts, [], 'not even one that was under way');
  });

  it('asks for a revival when nobody is heard for minutes, and says when that was in vain', async () => {
    const { world, acts, guard } = make();
    await guard.look();
    world.stations = [station(A, 60_000), station(B, 60_000)];
    const seen: unknown[] = [];
    for (let round = 1; round <= 4; round++) {
      world.nowMs = round * SILENT_MS;
      await guard.look();
      seen.push([acts.at(-1), guard.isDeaf]);
    }
    const [first, second] = ['revive supplicant', 'revive interface'];
    assert.deepEqual(seen, [
      [first, false],
      [second, false],
      [second, true],
      [second, true],
    ]);
    world.stations = [station(B, 0)];
    await guard.look();
    assert.equal(guard.isDeaf, false);
  });

  it('reports an act that was refused, and asks again', async () => {
    const { world, acts, reports, guard } = make();
    world.refuse = true;
    world.stations = [station(A, 100), station(B, 1600)];
    await guard.look();
    await guard.look();
    assert.equal(acts.length, 2);
    assert.equal(reports.at(-1)?.fault?.code, 'not_permitted');
  });
});
