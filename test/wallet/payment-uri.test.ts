/** Requests to be paid as texts (agent/wallet/payment-uri.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nameOf } from '../../agent/core/base/names.ts';
import { isFault } from '../../agent/wallet/fault.ts';
import {
  checkNetwork,
  isPaymentUri,
  type PaymentUri,
  readPaymentUri,
  writePaymentUri,
} from '../../agent/wallet/payment-uri.ts';
import { testNetwork } from '../cli/support.ts';

const KEY = new Uint8Array(32).fill(7);
const ADDRESS = nameOf('account', KEY);
const { network } = testNetwork();
const NETWORK = nameOf('network', network.id);
const REQUEST: PaymentUri = {
  recipient: KEY,
  network: network.id,
  amount: '12.50',
  token: 'HRS',
  memo: 'bread & 50 % rye?',
  peers: [
    { host: '192.0.2.7', port: 7420 },
    { host: 'fe80::1%mesh0', port: 7420 },
  ],
};

const memo = fc.string({ unit: 'grapheme', maxLength: 16 });

describe('a request to be paid', () => {
  it('is read as it was written', () => {
    assert.deepEqual(readPaymentUri(writePaymentUri(REQUEST)), REQUEST);
    const bare = { ...REQUEST, amount: undefined, token: undefined, memo: '', peers: [] };
    assert.equal(writePaymentUri(bare), `meshpay:${ADDRESS}?network=${NETWORK}`);
    assert.deepEqual(readPaymentUri(writePaymentUri(bare)), bare);
  });

  it('keeps any memo', () => {
    fc.assert(
      fc.property(memo, (text) => {
        assert.deepEqual(readPaymentUri(writePaymentUri({ ...REQUEST, memo: text })), {
          ...REQUEST,
          memo: text,
        });
      }),
    );
  });

  it('names at most four nodes', () => {
    const peers = Array.from({ length: 9 }, (_, at) => ({ host: '192.0.2.7', port: at + 1 }));
    const read = readPaymentUri(writePaymentUri({ ...REQUEST, peers }));
    assert.deepEqual(isFault(read) ? read : read.peers, peers.slice(0, 4));
  });

  it('may stand in another case and between spaces, and have fields of later versions', () => {
    const upper = ` MESHPAY:${ADDRESS.toUpperCase()}?color=red&network=${NETWORK}&&amount=1\n`;
    const read = readPaymentUri(upper);
    assert.deepEqual(isFault(read) ? read : [read.recipient, read.amount], [KEY, '1']);
    for (const text of [upper, 'meshpay:', 'MeshPay:nonsense']) assert.ok(isPaymentUri(text));
    for (const text of [ADDRESS, '', 'meshpay', 'bitcoin:x']) assert.ok(!isPaymentUri(text));
  });

  const good = `network=${NETWORK}`;
  const BAD: readonly (readonly [line: string, field: string, found: RegExp])[] = [
    ['meshpay:', 'recipient', /""/],
    [`meshpay:${NETWORK}?${good}`, 'recipient', /a network name/],
    [`meshpay:${ADDRESS.slice(0, -1)}x?${good}`, 'recipient', /checksum/],
    [`meshpay:${ADDRESS}`, 'network', /^none$/],
    [`meshpay:${ADDRESS}?network=${ADDRESS}`, 'network', /an account name/],
    [`meshpay:${ADDRESS}?network=`, 'network', /""/],
    [`meshpay:${ADDRESS}?${good}&${good}`, 'network', /twice/],
    [`meshpay:${ADDRESS}?${good}&amount=1&amount=2`, 'amount', /twice/],
    [`meshpay:${ADDRESS}?${good}&memo=%E4`, 'memo', /%E4/],
    [`meshpay:${ADDRESS}?${good}&memo=%`, 'memo', /%/],
    [`meshpay:${ADDRESS}?${good}&req-lock=1`, 'request', /req-lock/],
    [`meshpay:${ADDRESS}?${good}&peer=nowhere`, 'peer', /nowhere/],
    [`meshpay:${ADDRESS}?${good}&memo=a\u200bb`, 'request', /zero-width space/],
    [`meshpay:${ADDRESS}?${good}&memo=${'a'.repeat(1_024)}`, 'request', /^[0-9]+$/],
  ];
  for (const [line, field, found] of BAD) {
    it(`is refused by name: ${line.slice(-30)}`, () => {
      const read = readPaymentUri(line);
      assert.ok(isFault(read) && read.fault === 'refused');
      assert.equal(read.refusal.field, field);
      assert.match(read.refusal.found ?? '', found);
    });
  }

  it('of another network is not for this wallet', () => {
    assert.equal(checkNetwork(REQUEST, network), undefined);
    const town = testNetwork('town').network;
    const foreign = checkNetwork(REQUEST, town);
    assert.equal(foreign?.refusal.refused, 'wrong_network');
    assert.match(foreign?.refusal.expected ?? '', /\(town\)$/);
    assert.equal(foreign?.refusal.found, NETWORK);
  });
});
