/** The loop that keeps a mesh up: time is turned by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { success } from '../../platform/fault.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { Reconciler, type Scheduler, type Turn } from '../../platform/reconcile.ts';
import { up } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, SETTINGS } from './samples.ts';

/** A clock that stands still until it is told to go on. */
class HandClock implements Scheduler {
  #pending: { delayMs: number; callback: () => void } | undefined;

  get delayMs(): number | undefined {
    return this.#pending?.delayMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { delayMs, callback };
    assert.equal(this.#pending, undefined, 'one pause at a time');
    this.#pending = entry;
    return () => {
      if (this.#pending === entry) this.#pending = undefined;
    };
  }

  fire(): void {
    const entry = this.#pending;
    this.#pending = undefined;
    entry?.callback();
  }
}

function make() {
  const fake = new FakeLinux();
  const clock = new HandClock();
  const turns: Turn[] = [];
  let heard: (() => void) | undefined;
  const platform = new LinuxPlatform(fake, fake.host, 'netlink');
  const report = (turn: Turn) => {
    turns.push(turn);
    heard?.();
  };
  const loop = new Reconciler(platform, SETTINGS, report, clock);
  /** Lets time pass to the next turn, and waits for its report. */
  const turn = async () => {
    const reported = new Promise<void>((resolve) => {
      heard = resolve;
    });
    clock.fire();
    await reported;
    await new Promise((resolve) => setImmediate(resolve));
    return turns.at(-1);
  };
  return { fake, clock, turns, loop, turn, platform };
}

/** A loop on a router whose mesh does not come up. */
async function makeOnRouter(prepare: (fake: FakeOpenwrt, platform: OpenwrtPlatform) => unknown) {
  const fake = new FakeOpenwrt();
  const clock = new HandClock();
  const turns: Turn[] = [];
  const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
  await prepare(fake, platform);
  const loop = new Reconciler(platform, SETTINGS, (turn) => turns.push(turn), clock);
  await loop.start();
  /** Lets time pass to the next report; how long it took. */
  const pause = async (): Promise<number> => {
    const count = turns.length;
    let waitedMs = 0;
    for (let looks = 0; turns.length === count && clock.delayMs !== undefined; looks++) {
      assert.ok(looks < 1_000, 'something is told at last');
      waitedMs += clock.delayMs;
      clock.fire();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return waitedMs;
  };
  const pauses = async (count: number) => {
    const seen: number[] = [];
    while (seen.length < count) seen.push(await pause());
    return seen;
  };
  return { fake, turns, loop, pause, pauses };
}

const RARELY = [60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400];

/** Lets pauses end, of which some are looks alone, until something is reported. */
async function untilReport(clock: HandClock, turns: readonly Turn[]): Promise<void> {
  for (const before = turns.length; turns.length === before; ) {
    if (clock.delayMs !== undefined) clock.fire();
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (clock.delayMs === undefined) await new Promise((resolve) => setImmediate(resolve));
}

function seconds(count: number): number {
  return count * 1000;
}

describe('the reconciler', () => {
  it('brings the mesh up in its first turn and is steady in the second', async () => {
    const { loop, turn, turns, clock } = make();
    await loop.start();
    assert.equal(turns[0]?.state, 'changed');
    assert.equal((await turn())?.state, 'steady');
    assert.equal(clock.delayMs, 2000);
    loop.close();
  });

  it('acts soon after an event that concerns the radio', async () => {
    const { fake, loop, turn, clock } = make();
    await loop.start();
    await turn();
    fake.killSupplicant();
    fake.emit({ kind: 'link_changed', interfaceName: 'mesh0', up: true, carrier: false });
    assert.equal(clock.delayMs, 100);
    assert.equal((await turn())?.state, 'changed');
    assert.equal((await turn())?.state, 'steady');
    loop.close();
  });

  it('is not woken by neighbours that come', async () => {
    const { fake, loop, turn, clock } = make();
    await loop.start();
    await turn();
    const address = '02:00:00:00:00:0b';
    fake.emit({ kind: 'peer_candidate', interfaceName: 'mesh0', address });
    assert.equal(clock.delayMs, 2000);
    loop.close();
  });

  it('notices a silent death at its slow pace, without any event', async () => {
    const { fake, loop, turn } = make();
    await loop.start();
    await turn();
    fake.host.processes.clear();
    assert.equal((await turn())?.state, 'changed');
    loop.close();
  });

  it('waits ever longer for an unplugged radio, and is quick again when it is back', async () => {
    const { fake, loop, turn, clock } = make();
    await loop.start();
    await turn();
    fake.world.phys = [];
    const delays: (number | undefined)[] = [];
    for (let count = 0; count < 8; count++) {
      assert.equal((await turn())?.state, 'waiting');
      delays.push(clock.delayMs);
    }
    assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    fake.world.phys = [{ ...PHY, name: 'phy5', index: 5 }];
    fake.emit({ kind: 'phy_added', phyIndex: 5 });
    assert.equal(clock.delayMs, 100);
    assert.equal((await turn())?.state, 'changed');
    loop.close();
  });

  it('does not take the echo of its own failing commands for a reason to try at once', async () => {
    const { fake, loop, turn, turns, clock } = make();
    fake.deaf = true;
    const echo = () => fake.emit({ kind: 'addresses_changed', interfaceName: 'mesh0' });
    fake.onAddress = echo;
    await loop.start();
    assert.deepEqual(
      turns.map((each) => each.state === 'waiting' && [each.faults[0]?.code, each.tried]),
      [['mesh_not_up', true]],
    );
    assert.equal(clock.delayMs, 1000);
    echo();
    assert.equal(clock.delayMs, 1000, 'an event in the pause does not end it');
    await turn();
    assert.equal(clock.delayMs, 2000);
    fake.deaf = false;
    fake.host.processes.clear();
    assert.equal((await turn())?.state, 'changed');
    assert.equal(clock.delayMs, 100);
    loop.close();
  });

  it('brakes when the host does not become as it is wanted, however often it is told', async () => {
    const { fake, loop, turn, turns, clock } = make();
    fake.ownCountry = '00';
    await loop.start();
    for (let count = 0; count < 8; count++) await turn();
    assert.deepEqual(
      turns.map(({ state }) => state),
      [...Array(5).fill('changed'), ...Array(4).fill('waiting')],
    );
    const last = turns.at(-1);
    assert.equal(last?.state === 'waiting' && last.faults[0]?.code, 'unsettled');
    assert.match(last?.state === 'waiting' ? (last.faults[0]?.found ?? '') : '', /^after 6 turns/);
    assert.equal(clock.delayMs, 8000);
    fake.ownCountry = undefined;
    await turn();
    assert.equal((await turn())?.state, 'steady', 'and goes on when that has ended');
    loop.close();
  });

  it('tries rarely where each try takes the operator his other networks', async () => {
    const { pauses } = await makeOnRouter((fake) => {
      fake.broken = true;
    });
    assert.deepEqual(await pauses(RARELY.length), RARELY.map(seconds));
  });

  it('tries what failed as before ever more rarely, up to hours, and says when', async () => {
    const { fake, loop, turns, clock } = make();
    fake.deaf = true;
    await loop.start();
    const next = () => untilReport(clock, turns);
    const pauses: number[] = [];
    while (pauses.length < 16) {
      await next();
      pauses.push(loop.pauseMs);
    }
    const doubled = [...Array(13).keys()].map((power) => 2_000 * 2 ** power);
    assert.deepEqual(pauses, [...doubled, ...Array(3).fill(4 * 3_600_000)]);
    fake.world.phys = [];
    await next();
    assert.equal(loop.pauseMs, 1_000, 'another failure is a first one');
    loop.close();
  });

  it('ends a long pause for a radio that comes, and for no other event', async () => {
    const { fake, loop, turn, turns, clock } = make();
    fake.deaf = true;
    await loop.start();
    while (loop.pauseMs < 3_600_000) await untilReport(clock, turns);
    const lookMs = clock.delayMs;
    fake.emit({ kind: 'interface_changed', interfaceName: 'mesh0', phyIndex: 0 });
    assert.equal(clock.delayMs, lookMs);
    fake.emit({ kind: 'phy_added', phyIndex: 0 });
    assert.equal(clock.delayMs, 100);
    const before = turns.length;
    await turn();
    assert.equal(turns.length, before + 1);
    loop.close();
  });

  it('lets netifd build a radio in vain as rarely, and sees a mesh that comes by itself', async () => {
    const { fake, turns, loop, pause, pauses } = await makeOnRouter(async (each, platform) => {
      await up(platform);
      each.broken = true;
      each.loseMesh();
    });
    const tried = () => fake.host.transcript.filter((line) => line === 'wifi up radio0').length;
    assert.deepEqual(await pauses(6), RARELY.slice(0, 6).map(seconds));
    assert.equal(tried(), 7);
    fake.broken = false;
    await fake.host.output(['wifi', 'up', 'radio0']);
    assert.equal(await pause(), seconds(60));
    await pause();
    assert.equal(turns.at(-1)?.state, 'steady');
    assert.equal(tried(), 7);
    loop.close();
  });

  it('starts a part anew that is asked for, once, and only while all else is as wanted', async () => {
    const { fake, loop, turn, turns, clock } = make();
    await loop.start();
    await turn();
    const stops = () => fake.host.transcript.filter((line) => line.startsWith('stop ')).length;
    loop.revive('interface');
    assert.equal(clock.delayMs, 100);
    const revived = await turn();
    assert.deepEqual(revived?.state === 'changed' && revived.transcript.at(-1), 'iw dev mesh0 del');
    assert.equal((await turn())?.state, 'changed');
    assert.equal((await turn())?.state, 'steady');
    assert.equal(stops(), 1);
    fake.killSupplicant();
    loop.revive('supplicant');
    await turn();
    assert.equal((await turn())?.state, 'steady');
    assert.equal((await turn())?.state, 'steady', 'what had died was started anew by that');
    assert.equal(stops(), 1);
    loop.close();
    loop.revive('supplicant');
    assert.equal(clock.delayMs, undefined);
    assert.ok(turns.every(({ state }) => state !== 'waiting'));
  });

  it('tries at once when a person asks, and then as after a first failure', async () => {
    const { fake, loop, pause, pauses } = await makeOnRouter((each) => {
      each.broken = true;
    });
    await pauses(5);
    loop.retry();
    assert.deepEqual(await pauses(3), [0, 60, 120].map(seconds));
    fake.broken = false;
    loop.retry();
    assert.equal(await pause(), 0);
    assert.notEqual(fake.mesh, undefined);
    loop.close();
  });

  it('does not tell a person the failure of the try that was under way when he asked', async () => {
    const { fake, turns, pause, loop } = await makeOnRouter((each) => {
      each.broken = true;
    });
    const perform = fake.host.perform.bind(fake.host);
    fake.host.perform = async (command) => {
      if (command.kind === 'await') {
        fake.host.perform = perform;
        loop.retry();
      }
      return perform(command);
    };
    const tries = () => fake.host.transcript.filter((line) => line.startsWith('await ')).length;
    await pause();
    assert.deepEqual([turns.length, tries()], [2, 3]);
    loop.close();
  });

  it('does nothing any more once it is closed', async () => {
    const { fake, loop, turn, turns, clock } = make();
    await loop.start();
    await turn();
    loop.close();
    const count = turns.length;
    assert.equal(clock.delayMs, undefined);
    fake.emit({ kind: 'lost' });
    loop.nudge();
    loop.retry();
    clock.fire();
    assert.equal(turns.length, count);
    assert.equal(clock.delayMs, undefined);
  });

  it('gives its events up when it is closed, also before they have begun', async () => {
    for (const isEarly of [false, true]) {
      const { fake, loop, platform } = make();
      let closed = 0;
      platform.watch = async () => {
        if (isEarly) loop.close();
        return success({ close: () => closed++ });
      };
      await loop.start();
      if (!isEarly) loop.close();
      assert.equal(closed, 1);
      assert.equal(fake.host.transcript.length === 0, isEarly, 'nothing is done once it is closed');
    }
  });

  it('does not report a turn in the middle of which it was closed', async () => {
    const { loop, turns, platform } = make();
    const observe = platform.observe.bind(platform);
    platform.observe = async (settings) => {
      const observed = await observe(settings);
      loop.close();
      return observed;
    };
    await loop.start();
    assert.deepEqual(turns, []);
  });

  it('looks once more soon after an event in the middle of a turn, and not for ever', async () => {
    const { fake, loop, turn, clock, platform } = make();
    await loop.start();
    const observe = platform.observe.bind(platform);
    platform.observe = async (settings) => {
      platform.observe = observe;
      const observed = await observe(settings);
      fake.emit({ kind: 'link_changed', interfaceName: 'mesh0', up: true, carrier: true });
      return observed;
    };
    assert.equal((await turn())?.state, 'steady');
    assert.equal(clock.delayMs, 100);
    assert.equal((await turn())?.state, 'steady');
    assert.equal(clock.delayMs, 2000);
    loop.close();
  });
});
