/** What of peers a log is for: neither months of attempts in vain nor strangers fill it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPeerNews } from '../../agent/shell/daemon/peer-news.ts';
import { type LinkFaultCode, linkFault } from '../../agent/shell/net/fault.ts';
import { NET_LIMITS } from '../../agent/shell/net/limits.ts';
import type { PeerState } from '../../agent/shell/net/peer-state.ts';
import { PeerTable } from '../../agent/shell/net/peers.ts';

/** One peer, and how many of the changes that it goes through are news. */
function watched(demanded: boolean) {
  const isNews = createPeerNews();
  let news = 0;
  const table = new PeerTable(
    NET_LIMITS,
    () => 0,
    (peer, from) => {
      if (isNews(peer, from)) news += 1;
    },
  );
  const key = new Uint8Array(32).fill(7);
  const peer = table.add({ key, pinned: true, isMember: false, demanded });
  assert.ok(peer !== undefined);
  return (...steps: readonly (PeerState | LinkFaultCode)[]): number => {
    const before = news;
    for (const step of steps) {
      if (isState(step)) table.move(peer, step);
      else table.move(peer, demanded ? 'reconnecting' : 'disconnected', linkFault(step));
    }
    return news - before;
  };
}

function isState(step: PeerState | LinkFaultCode): step is PeerState {
  return ['connecting', 'authenticating', 'connected', 'ready'].includes(step);
}

describe('news of a peer', () => {
  it('are links that are there and gone, and each reason of attempts in vain once', () => {
    const go = watched(true);
    assert.equal(go('connecting', 'lost'), 1);
    for (let n = 0; n < 5; n++) assert.equal(go('connecting', 'lost'), 0);
    assert.equal(go('connecting', 'handshake_timeout', 'connecting', 'lost'), 1);
    assert.equal(go('connecting', 'authenticating', 'connected', 'ready'), 2);
    assert.equal(go('lost'), 1);
    assert.equal(go('connecting', 'lost', 'connecting', 'lost'), 1);
  });

  it('of one that nobody asked for are its links alone', () => {
    const go = watched(false);
    for (let n = 0; n < 5; n++) assert.equal(go('connecting', 'lost'), 0);
    assert.equal(go('connecting', 'authenticating', 'connected', 'lost'), 2);
  });
});
