/** Links that take what is theirs, and no more: each is held back alone. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkId } from '../../../agent/core/base/units.ts';
import { wordBytes } from '../../../agent/shell/net/framing.ts';
import { pause, until } from '../../support/wait.ts';
import { identityOf, memberOf, onlyLink, rawClient, stoppingAtTheEnd } from './harness.ts';

const [alice, bob, carol] = [identityOf(1), identityOf(2), identityOf(3)];
const MEMBERS = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];

const start = stoppingAtTheEnd();

describe('a link', () => {
  it('is not read while enough of it waits, and the others are', async () => {
    let full: bigint | undefined;
    const a = await start(alice, {
      emit: (event) => event.kind !== 'frame' || event.link !== full,
    });
    const [held, free] = [await rawClient(a.at()), await rawClient(a.at())];
    const FRAME = Buffer.concat([wordBytes(1), Uint8Array.of(1)]);
    held.write(FRAME);
    await until(() => a.frames().length === 1, 'the first frame');
    full = a.events.find(({ kind }) => kind === 'frame')?.link;
    for (let i = 0; i < 5; i++) held.write(FRAME);
    await until(() => a.frames().length === 2, 'one more, which fills it');
    for (let i = 0; i < 5; i++) free.write(FRAME);
    await until(() => a.frames().length === 7, 'all of the other');
    await pause(20);
    assert.equal(a.frames().length, 7);
    const link = full;
    full = undefined;
    a.links.resume(link as LinkId);
    await until(() => a.frames().length === 11, 'the rest');
    held.destroy();
    free.destroy();
  });

  it('is not read while what it cost in vain is in debt, and is read on afterwards', async () => {
    const limits = {
      anonymousFruitlessPerSecond: 10,
      sourceFruitlessPerSecond: 1_000,
      bucketMs: 100,
    };
    const a = await start(alice, { limits });
    const socket = await rawClient(a.at());
    const FRAME = Buffer.concat([wordBytes(1), Uint8Array.of(1)]);
    await until(() => a.up().length === 1, 'a link');
    a.links.fruitless(onlyLink(a), 6);
    const begunAt = performance.now();
    socket.write(FRAME);
    await until(() => a.frames().length === 1, 'the frame');
    const tookMs = performance.now() - begunAt;
    assert.ok(tookMs >= 400, `read after ${tookMs} ms, though 5 of 10 a second were owed`);
    socket.destroy();
  });

  it('has its share by what it is', async () => {
    const places: string[] = [];
    const a = await start(alice, {
      members: MEMBERS,
      emit(event, { standing, source }) {
        if (event.kind === 'link_up') places.push(`${standing} ${source.slice(0, 9)}`);
        return true;
      },
    });
    const key = (identity: typeof bob) =>
      Buffer.from(identity.publicKey).toString('hex').slice(0, 9);
    await rawClient(a.at());
    await until(() => places.length === 1, 'a wallet');
    await rawClient(a.at(), { identity: carol });
    await until(() => places.length === 2, 'a node');
    await rawClient(a.at(), { identity: bob });
    await until(() => places.length === 3, 'a member');
    a.links.want([{ host: '127.0.0.1', port: 1, key: carol.publicKey }]);
    assert.deepEqual(places, [
      'anonymous 127.0.0.1',
      'node 127.0.0.1',
      `trusted ${key(bob)}`,
      `trusted ${key(carol)}`,
    ]);
  });
});
