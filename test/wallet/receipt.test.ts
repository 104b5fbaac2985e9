/** Receipts (agent/wallet/receipt.ts): what they prove, and that no byte of them can be changed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PLAIN } from '../../agent/cli/render/paint.ts';
import { renderVerified } from '../../agent/cli/render/wallet.ts';
import { isRefusal, type Refusal } from '../../agent/core/base/refusal.ts';
import { certificateView } from '../../agent/shell/control/money-view.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { MAX_RECEIPT_CHARACTERS, readReceipt, writeReceipt } from '../../agent/wallet/receipt.ts';
import { certificateFor, memosFor, testNetwork } from '../cli/support.ts';

const village = testNetwork();
const verify = createVerify();
const text = writeReceipt(village.network, certificateFor(village));

function refusalOf(receipt: string, { network } = village): Refusal {
  const result = readReceipt(network, receipt, verify);
  assert.ok(isRefusal(result), 'the receipt is refused');
  return result;
}

describe('a receipt', () => {
  it('says in words what the certificate says', () => {
    const [head] = text.split('\n-----BEGIN');
    assert.equal(
      head,
      `MeshPay receipt, version 1

network     village
network id  mpnet1k4vlug3htrstsj0ku6cggz8tk263gec7ee53cpk7j65segtgr3uqxgt55v
order       f92a8671-d635-81f4-8c49-5c716b47917c
amount      12.50 HRS
from        mp1v6l8uvev0fznxv4an5987lds2h6utmc6q6k6vmvckw0mdqgvguaqstzgm0
to          mp1pdgn4kd5jfqptjsfqtks0yzy6wk9m0kzxphsd9yvzrdgadhrnuksp6f70v
sequence    0
memo        a sealed memo
votes       oak, elm, ash (3 of 4, quorum 3, epoch 0)
`,
    );
  });

  it('gives back the certificate that it was made from', () => {
    assert.deepEqual(readReceipt(village.network, text, verify), certificateFor(village));
  });

  it('is read also with the line ends of another system', () => {
    const mailed = text.replaceAll('\n', '\r\n');
    assert.deepEqual(readReceipt(village.network, mailed, verify), certificateFor(village));
  });

  it('is refused after any change of any one character', () => {
    for (let at = 0; at < text.length; at++) {
      for (const other of ['\0', ' ', '\n', '0', 'A', 'z', 'ü']) {
        if (text[at] === other) continue;
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        const result = readReceipt(village.network, changed, verify);
        assert.ok(isRefusal(result), `character ${at} changed to ${JSON.stringify(other)}`);
      }
    }
  });

  it('is refused when a character is missing, doubled or added at the end', () => {
    for (let at = 0; at < text.length; at++) {
      refusalOf(text.slice(0, at) + text.slice(at + 1));
      refusalOf(text.slice(0, at) + (text[at] ?? '') + text.slice(at));
    }
    refusalOf(`${text}\n`);
    refusalOf(`${text}I owe you more.\n`);
  });

  it('is refused by name on another network', () => {
    assert.equal(refusalOf(text, testNetwork('town')).refused, 'wrong_network');
  });

  it('is refused on another network also if its lines claim that one', () => {
    const town = testNetwork('town');
    const claimed = text.replace(/^network id .*$/m, (line) => {
      const [right = ''] =
        /^network id .*$/m.exec(writeReceipt(town.network, certificateFor(town))) ?? [];
      assert.notEqual(line, right);
      return right;
    });
    assert.equal(refusalOf(claimed, town).refused, 'bad_signature');
  });

  it('is refused with fewer votes than a quorum', () => {
    const few = writeReceipt(village.network, certificateFor(village, { voters: [0, 3] }));
    assert.equal(refusalOf(few).refused, 'no_quorum');
  });

  it('is refused when one of the votes is another member s', () => {
    const certificate = certificateFor(village);
    const [first, second, third] = certificate.votes;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const votes = [first, { ...second, signature: third.signature }, third];
    const forged = writeReceipt(village.network, { ...certificate, votes });
    assert.equal(refusalOf(forged).refused, 'bad_signature');
  });

  it('is refused when its amount was raised in words only, and says in which line', () => {
    const refused = refusalOf(text.replace('12.50 HRS', '92.50 HRS'));
    assert.equal(refused.refused, 'bad_receipt');
    assert.equal(refused.field, 'line 6');
    assert.match(refused.expected ?? '', /12\.50 HRS/);
    assert.match(refused.found ?? '', /92\.50 HRS/);
  });

  it('says that there is no memo where there is none', () => {
    const bare = writeReceipt(village.network, certificateFor(village, { memo: '' }));
    assert.match(bare, /^memo {8}none$/m);
    assert.ok(!isRefusal(readReceipt(village.network, bare, verify)));
    refusalOf(bare.replace('none', 'a sealed memo'));
  });

  it('cannot be made to look like another by its memo', () => {
    const memo = 'x"\namount      900.00 HRS\n\u001b[2K\u202e';
    const certificate = certificateFor(village, { memo });
    const tricky = writeReceipt(village.network, certificate);
    assert.equal(tricky.match(/^amount /gm)?.length, 1);
    assert.ok(!isRefusal(readReceipt(village.network, tricky, verify)));
    const { open } = memosFor(12, village.network);
    const view = certificateView(village.network, certificate, open);
    assert.equal(view.order.memo, memo);
    const shown = renderVerified(PLAIN, view, { name: 'village', id: 'mpnet1' });
    assert.equal(shown.match(/^amount /gm), null);
    assert.ok(!shown.includes('\u001b') && !shown.includes('\u202e'));
  });

  it('says what is missing of the lines around its certificate', () => {
    const begin = '-----BEGIN MESHPAY CERTIFICATE-----';
    const end = '-----END MESHPAY CERTIFICATE-----';
    const expected = (receipt: string) => {
      const { refused, field, expected: what } = refusalOf(receipt);
      return [refused, field, what];
    };
    const noBegin = ['bad_receipt', 'receipt', `a line "${begin}"`];
    const noEnd = ['bad_receipt', 'receipt', `a line "${end}" at the end`];
    assert.deepEqual(expected(text.replace(begin, '')), noBegin);
    assert.deepEqual(expected(text.replace(end, '')), noEnd);
    assert.deepEqual(expected(text.replace(begin, end)), noBegin);
    const turned = text.replace(begin, '?').replace(end, begin).replace('?', end);
    assert.deepEqual(expected(turned), noEnd);
    const other = ['bad_receipt', 'certificate', 'base64'];
    assert.deepEqual(expected(text.replace(begin, `${begin}\n!`)), other);
    const title = ['bad_receipt', 'line 1', '"MeshPay receipt, version 1"'];
    assert.deepEqual(expected(text.replace('version 1', 'version 2')), title);
  });

  it('is read up to its bound, and not one character further', () => {
    const filled = (length: number) => refusalOf(text.padEnd(length, ' '));
    assert.match(filled(MAX_RECEIPT_CHARACTERS).field ?? '', /^line /);
    const { field, found } = filled(MAX_RECEIPT_CHARACTERS + 1);
    assert.deepEqual([field, found], ['receipt', `${MAX_RECEIPT_CHARACTERS + 1}`]);
  });

  it('is refused above its bound before anything else is done with it', () => {
    const refused = refusalOf(text + 'x'.repeat(100_000));
    assert.equal(refused.refused, 'bad_receipt');
    assert.match(refused.found ?? '', /^1[0-9]{5}$/);
  });
});
