/** Under what name an address is counted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createSourceNames,
  hostOf,
  isLinkLocal,
  sameAddress,
} from '../../../agent/shell/net/address.ts';
import { meshAddress } from '../../../agent/shell/radio/address.ts';
import { identityOf, NETWORK } from './harness.ts';

const sourceOf = createSourceNames(NETWORK);

function areOne(a: string, b: string): boolean {
  return sourceOf(a) === sourceOf(b);
}

describe('two addresses are one source', () => {
  it('in IPv6 when the first 64 bits are the same, however they are written', () => {
    assert.ok(areOne('2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'));
    assert.ok(areOne('2001:db8:1:2::1', '2001:0DB8:0001:0002:0:0:0:9'));
    assert.ok(areOne('2001:db8::1', '2001:db8:0:0:1::'));
    assert.ok(!areOne('2001:db8:1:2::1', '2001:db8:1:3::1'));
    assert.ok(!areOne('2001:db8:1:2::1', '2001:db9:1:2::1'));
  });

  it('of a network of private addresses in the same way, unless it is the mesh itself', () => {
    assert.ok(areOne('fd00:1:2:3::1', 'fd00:1:2:3::2'));
    assert.ok(!areOne('fd00:1:2:3::1', 'fd00:1:2:4::1'));
    const [one, two] = [1, 2].map((n) => meshAddress(NETWORK, identityOf(n).publicKey));
    assert.ok(one !== undefined && two !== undefined && one.slice(0, 10) === two.slice(0, 10));
    assert.ok(!areOne(one, two), 'each node of the mesh has one');
    const elsewhere = createSourceNames(new Uint8Array(32).fill(9));
    assert.equal(elsewhere(one), elsewhere(two), 'to another network it is like others');
  });

  it('never when they are link-local stations, IPv4 or loopback', () => {
    assert.ok(!areOne('fe80::1%mesh0', 'fe80::2%mesh0'));
    assert.ok(!areOne('fe80::1%mesh0', 'fe80::1%eth0'));
    assert.ok(!areOne('192.0.2.1', '192.0.2.2'));
    assert.ok(!areOne('::1', '::2'));
    assert.ok(!areOne('::ffff:192.0.2.1', '::ffff:192.0.2.2'));
    assert.equal(sourceOf('a name'), 'a name');
  });

  it('when one is written as a dual socket writes it', () => {
    assert.equal(hostOf('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(hostOf('::FFFF:192.0.2.1'), '192.0.2.1');
    assert.equal(hostOf('::ffff:1'), '::ffff:1');
    assert.equal(hostOf(undefined), '');
  });
});

describe('link-local', () => {
  it('is all of fe80::/10 and nothing else', () => {
    for (const host of ['fe80::1', 'FE80::1%mesh0', 'febf::1']) assert.ok(isLinkLocal(host), host);
    for (const host of ['fec0::1', 'fe7f::1', 'fd80::1', '::1'])
      assert.ok(!isLinkLocal(host), host);
  });
});

describe('two addresses are the same', () => {
  it('when host and port are', () => {
    const address = { host: '192.0.2.1', port: 7420 };
    assert.ok(sameAddress(address, { ...address }));
    assert.ok(!sameAddress(address, { ...address, port: 7421 }));
    assert.ok(!sameAddress(address, { ...address, host: '192.0.2.2' }));
  });
});
