/** The sign of a node: what it shows, by whose word. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLit, SignLamp, type SignState } from '../../agent/radio/sign.ts';
import { hasQuorum } from '../../agent/shell/radio/quorum.ts';
import { type Fault, failure, fault, type Result, success } from '../../platform/fault.ts';

function pattern(state: SignState): string {
  return [...Array(8).keys()].map((look) => (isLit(state, look) ? '#' : '.')).join('');
}

function make() {
  const world = { neighbours: false, lamp: success(undefined) as Result<undefined>, given: 0 };
  const lit: boolean[] = [];
  const faults: (Fault | undefined)[] = [];
  const answers: ((hasOne: boolean) => void)[] = [];
  const refusals: (() => void)[] = [];
  const sign = new SignLamp({
    led: {
      light: (isOn) => {
        lit.push(isOn);
        return world.lamp;
      },
      giveBack: () => {
        world.given++;
        return success(undefined);
      },
    },
    hearsNeighbours: () => world.neighbours,
    hasQuorum: () =>
      new Promise((resolve, reject) => {
        answers.push(resolve);
        refusals.push(() => reject(new Error('no')));
      }),
    onFault: (found) => faults.push(found),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const looks = (count: number) => {
    for (let each = 0; each < count; each++) sign.look();
  };
  return { world, lit, faults, answers, refusals, sign, settle, looks };
}

describe('a sign', () => {
  it('has a pattern for each state that cannot be taken for another', () => {
    assert.equal(pattern('no_mesh'), '#...#...');
    assert.equal(pattern('no_quorum'), '#.#.#.#.');
    assert.equal(pattern('quorum'), '########');
  });

  it('shows neighbours by the radio and a quorum by the word of the node', async () => {
    const { world, sign, answers, settle, looks, refusals } = make();
    assert.equal(sign.state, 'no_mesh');
    looks(1);
    world.neighbours = true;
    assert.equal(sign.state, 'no_quorum');
    answers.pop()?.(true);
    await settle();
    assert.equal(sign.state, 'quorum');
    world.neighbours = false;
    assert.equal(sign.state, 'quorum', 'the authorities may be reached over a cable');
    looks(4);
    answers.pop()?.(false);
    await settle();
    assert.equal(sign.state, 'no_mesh');
    looks(4);
    answers.pop()?.(true);
    await settle();
    looks(4);
    refusals.pop()?.();
    await settle();
    assert.equal(sign.state, 'no_mesh', 'nobody is there to say so');
  });

  it('asks the node at every fourth look, and not while an answer is outstanding', async () => {
    const { answers, settle, looks } = make();
    looks(3);
    assert.equal(answers.length, 1);
    looks(6);
    assert.equal(answers.length, 1);
    answers[0]?.(false);
    await settle();
    looks(3);
    assert.equal(answers.length, 1);
    looks(1);
    assert.equal(answers.length, 2);
  });

  it('tells once that it cannot be shown, and once that it can again', () => {
    const { world, faults, looks } = make();
    world.lamp = failure(fault('led_failed', 'ACT', 'one', 'EROFS'));
    looks(3);
    world.lamp = success(undefined);
    looks(2);
    assert.deepEqual(
      faults.map((each) => each?.found),
      ['EROFS', undefined],
    );
  });

  it('gives the LED back at its end', () => {
    const { world, sign, lit } = make();
    sign.start();
    sign.stop();
    assert.equal(world.given, 1);
    assert.deepEqual(lit, []);
  });
});

describe('a quorum', () => {
  it('is there from the number of the committee on, and never without an answer', () => {
    assert.ok(hasQuorum({ voters: 3, quorum: 3 }));
    assert.ok(!hasQuorum({ voters: 2, quorum: 3 }));
    assert.ok(!hasQuorum(undefined));
  });
});
