/** Texts that open with a passphrase (agent/wallet/lock.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLocked, locked, unlocked } from '../../agent/wallet/lock.ts';

const SECRET = 'mpsecret1 \u2014 bread\n';

describe('a locked text', () => {
  const box = locked(SECRET, 'correct horse');

  it('opens with its passphrase, and with no other', () => {
    assert.ok(isLocked(box) && !box.includes('mpsecret'));
    assert.deepEqual(unlocked(box, 'correct horse'), { text: SECRET });
    for (const wrong of ['', 'correct horse ', 'Correct horse']) {
      assert.equal(unlocked(box, wrong), 'closed');
    }
  });

  it('is another one each time', () => {
    assert.notEqual(locked(SECRET, 'correct horse'), box);
  });

  it('takes a passphrase however its letters are put together', () => {
    assert.deepEqual(unlocked(locked(SECRET, 'Zoe\u0308'), 'Zo\u00eb'), { text: SECRET });
  });

  it('stays shut when anything of it was changed', () => {
    const [title = '', head = '', sealed = ''] = box.split('\n');
    const bytes = Buffer.from(sealed, 'base64');
    for (const at of [0, 23, 24, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const text = [title, head, changed.toString('base64'), ''].join('\n');
      assert.equal(unlocked(text, 'correct horse'), 'closed');
    }
    const otherCost = box.replace('scrypt 15', 'scrypt 14');
    assert.equal(unlocked(otherCost, 'correct horse'), 'closed');
  });

  it('is told from what is none, before any work is done', () => {
    const [title = '', head = '', sealed = ''] = box.split('\n');
    const BAD = [
      '',
      'meshpay locked v2\n',
      title,
      [title, head].join('\n'),
      [title, head, ''].join('\n'),
      [title, head, 'not base64!'].join('\n'),
      [title, head, Buffer.alloc(39).toString('base64')].join('\n'),
      [title, head.replace('15', '19'), sealed].join('\n'),
      [title, head.replace('15', '0'), sealed].join('\n'),
      [title, head.replace('15', '99'), sealed].join('\n'),
      [title, 'scrypt 15 AAAA', sealed].join('\n'),
      [title, 'argon2 15 AAAA', sealed].join('\n'),
      [title, head, sealed, 'more'].join('\n'),
      box.replace('v1', 'v2'),
    ];
    for (const text of BAD) assert.equal(unlocked(text, 'correct horse'), 'malformed', text);
  });
});
