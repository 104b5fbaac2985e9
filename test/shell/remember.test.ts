/** Signatures that are remembered: the very bytes that the key gives, and no others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signerFromSeed } from '../../agent/shell/keys.ts';
import { rememberSignatures } from '../../agent/shell/remember.ts';

const { sign } = signerFromSeed(new Uint8Array(32).fill(3));

/** A key that counts how often it signs. */
function counted(places: number) {
  const made: Uint8Array[] = [];
  const signs = rememberSignatures((message) => {
    made.push(message.slice());
    return sign(message);
  }, places);
  return { made, signs };
}

/** Messages of 40 bytes with this end. */
function messages(end: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => new Uint8Array(40).fill(n, 0, 1).fill(end, 36));
}

describe('a signature that was made lately', () => {
  it('is given again, byte for byte, without being made again', () => {
    const { made, signs } = counted(8);
    const [message] = messages(5, 1);
    assert.ok(message !== undefined);
    for (let n = 0; n < 3; n++) assert.deepEqual(signs(message), sign(message));
    assert.equal(made.length, 1);
  });

  it('is never given for another message, whatever the two have in common', () => {
    const { made, signs } = counted(8);
    const message = new Uint8Array(40).fill(5);
    const others = [
      message.slice(1),
      new Uint8Array(41).fill(5),
      ...Array.from({ length: 40 }, (_, at) => message.with(at, 6)),
      new Uint8Array(),
      new Uint8Array(3).fill(5),
      // What is kept for the message, and the first part of it.
      new Uint8Array([...message, ...sign(message)]),
      message.slice(0, 20),
    ];
    for (const other of others) {
      signs(message);
      assert.deepEqual(signs(other), sign(other));
    }
    assert.deepEqual(signs(message), sign(message));
    assert.ok(made.length > others.length);
  });

  it('stays what it was when its message or its bytes are changed afterwards', () => {
    const { signs } = counted(8);
    const message = new Uint8Array(40).fill(5);
    const expected = sign(message);
    const own = message.slice();
    signs(own).fill(0);
    own.fill(0);
    signs(message).fill(0);
    assert.deepEqual(signs(message), expected);
    assert.deepEqual(signs(own), sign(own));
  });

  it('gives its place to the next one there, and to no other', () => {
    const { made, signs } = counted(4);
    const [first, second] = messages(1, 2);
    const [elsewhere] = messages(2, 1);
    assert.ok(first !== undefined && second !== undefined && elsewhere !== undefined);
    signs(first);
    signs(elsewhere);
    signs(first);
    assert.equal(made.length, 2);
    signs(second);
    signs(elsewhere);
    assert.equal(made.length, 3);
    signs(first);
    assert.equal(made.length, 4);
  });
});
