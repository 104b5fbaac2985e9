/** The address of a node on the mesh follows from network and key, and from nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { meshAddressBytes } from '../../agent/core/base/address.ts';
import { meshAddress, meshAddressesWithPrefix } from '../../agent/shell/radio/address.ts';
import { normalizePrefix, parseIpv6 } from '../../platform/ipv6.ts';

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a mesh address', () => {
  it('is frozen: nodes of all versions compute the same one', () => {
    const network = new Uint8Array(32).fill(1);
    assert.equal(meshAddress(network, new Uint8Array(32).fill(2)), FIRST);
    assert.equal(meshAddress(network, new Uint8Array(32).fill(3)), SECOND);
  });

  it('comes with a link-local one that ends alike', () => {
    const network = new Uint8Array(32).fill(1);
    assert.deepEqual(meshAddressesWithPrefix(network, new Uint8Array(32).fill(2)), [
      `${FIRST}/64`,
      'fe80::76ff:797f:1e22:6628/64',
    ]);
  });

  it('is a unique local address with the network in its prefix and the key in its end', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (network, key, other) => {
        const address = meshAddressBytes(network, key);
        assert.equal(address.length, 16);
        assert.equal(address[0], 0xfd);
        assert.deepEqual(address.subarray(0, 8), meshAddressBytes(network, other).subarray(0, 8));
        assert.notDeepEqual(
          meshAddressBytes(other, key).subarray(0, 8),
          address.subarray(0, 8),
          'another network has another prefix',
        );
      }),
    );
  });

  it('is text in the one short form that the kernel is asked for', () => {
    fc.assert(
      fc.property(bytes, bytes, (network, key) => {
        for (const text of meshAddressesWithPrefix(network, key)) {
          assert.equal(normalizePrefix(text), text);
        }
        assert.deepEqual(parseIpv6(meshAddress(network, key)), meshAddressBytes(network, key));
      }),
    );
  });
});

const FIRST = 'fd40:b9c6:c6fb:0:76ff:797f:1e22:6628';
const SECOND = 'fd40:b9c6:c6fb:0:2f9e:78c8:50a6:5ca3';
