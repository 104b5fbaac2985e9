/** What people read: whole transcripts of the renderers, without colour and with it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../agent/cli/commands.ts';
import { renderEvent } from '../../agent/cli/render/events.ts';
import { renderCommandHelp, renderOverview } from '../../agent/cli/render/help.ts';
import { renderNetwork } from '../../agent/cli/render/network.ts';
import {
  renderAccount,
  renderDoctor,
  renderPeers,
  renderStatus,
} from '../../agent/cli/render/node.ts';
import { PLAIN, paintFor } from '../../agent/cli/render/paint.ts';
import { renderBalance, renderPaid, renderVerified } from '../../agent/cli/render/wallet.ts';
import type { PeerView, StatusView } from '../../agent/shell/control/api.ts';
import { certificateView } from '../../agent/shell/control/money-view.ts';
import type { Freshness } from '../../agent/wallet/refresh.ts';
import type { WalletView } from '../../agent/wallet/view.ts';
import { certificateFor, memosFor, testNetwork } from './support.ts';

const village = testNetwork();
const { open } = memosFor(12, village.network);
const certificate = certificateView(village.network, certificateFor(village), open);
/** As somebody sees it who is neither payer nor payee. */
const sealed = certificateView(village.network, certificateFor(village));
/** 2026-01-31 12:00:00.250 UTC. */
const NOON = Date.UTC(2026, 0, 31, 12, 0, 0, 250);
const KEY = 'mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp';

const STATUS: StatusView = {
  apiVersion: 1,
  version: '0.1.0',
  pid: 4711,
  state: 'ready',
  network: {
    name: 'village',
    id: 'mpnet1example',
    tokens: [{ symbol: 'HRS', decimals: 2, opens: '1.00' }],
    votesPerHour: 120,
  },
  node: { name: 'oak', key: KEY, role: 'authority', member: 0 },
  committee: { epoch: 0, members: 4, quorum: 3, faultsTolerated: 1 },
  voting: { may: true, whyNot: null },
  presence: {
    known: true,
    heard: 4,
    voters: 4,
    connectivity: 'FULLY_CONNECTED',
    sinceMs: NOON - 90_000,
    merging: [],
  },
  ledger: { digest: 'ab'.repeat(32), accounts: 12, journalEntries: '340' },
  counters: {
    votes: 341,
    votesAgain: 2,
    certificates: 340,
    relayed: 1,
    doubleSpends: 0,
    conflicts: 0,
    refusals: { insufficient_balance: 3, bad_signature: 1 },
  },
  links: { members: 3, nodes: 1, anonymous: 2 },
  uptimeMs: 93_784_000,
  memory: { residentBytes: 58_720_256, heapBytes: 20_000_000 },
  opening: null,
  store: {
    bytes: 345_678,
    commits: '352',
    records: '1402',
    scrub: { done: '900', passes: 0 },
  },
  clock: { wallMs: NOON, trusted: false },
  listening: ['[::]:7420'],
  dataDir: '/var/lib/meshpay',
  log: { lost: 0, fault: null },
  configFile: '/etc/meshpay/meshpayd.toml',
};

describe('status', () => {
  const presenceOf = (change: Partial<NonNullable<StatusView['presence']>>) => {
    const presence = STATUS.presence === null ? null : { ...STATUS.presence, ...change };
    return renderStatus(PLAIN, { ...STATUS, presence });
  };

  it('counts who votes, and says what that means', () => {
    const text = (heard: number, voters: number) => presenceOf({ heard, voters });
    assert.match(
      text(3, 3),
      /^payments {3}3 of 4 answer, 3 vote, a quorum is 3: payments can be made; one more and payments stop$/m,
    );
    assert.match(
      text(3, 2),
      /^payments {3}3 of 4 answer, 2 vote, a quorum is 3: no payment can be made$/m,
    );
  });

  it('says what is being merged, and since when', () => {
    const merging = [{ name: 'elm', sinceMs: NOON - 12_000 }];
    assert.match(
      presenceOf({ merging }),
      /^merging {4}the ledger differs from that of elm \(for 12 s\)$/m,
    );
  });

  it('of a node that has not asked says who can', () => {
    assert.match(presenceOf({ known: false }), /^payments {3}not known here: meshpay reach asks/m);
    assert.doesNotMatch(renderStatus(PLAIN, { ...STATUS, presence: null }), /^payments/m);
  });

  it('shows an authority at work', () => {
    assert.equal(renderStatus(PLAIN, STATUS), STATUS_TEXT);
  });

  it('says why an authority does not vote', () => {
    const whyNot = 'restored from a backup: later votes are not known';
    const text = renderStatus(PLAIN, { ...STATUS, voting: { may: false, whyNot } });
    assert.match(text, /^voting +no: restored from a backup: later votes are not known$/m);
  });

  it('raises the alarm about two certificates for one sequence', () => {
    const counters = { ...STATUS.counters, conflicts: 1, doubleSpends: 2 };
    const text = renderStatus(PLAIN, { ...STATUS, counters });
    assert.match(text, /^ALARM +1 conflict: more authorities are hostile than may be$/m);
    assert.match(text, /^proofs +2 double spends$/m);
  });

  it('says that its log is not written, and that lines were lost', () => {
    const failing = renderStatus(PLAIN, { ...STATUS, log: { lost: 0, fault: 'ENOSPC' } });
    assert.match(failing, /^log +0 lines lost, not written: ENOSPC$/m);
    const again = renderStatus(PLAIN, { ...STATUS, log: { lost: 1, fault: null } });
    assert.match(again, /^log +1 line lost, written again$/m);
    assert.doesNotMatch(renderStatus(PLAIN, STATUS), /^log/m);
  });

  it('shows a relay without a ledger', () => {
    const node = { ...STATUS.node, role: 'relay', member: null } as const;
    const text = renderStatus(PLAIN, { ...STATUS, node, ledger: null });
    assert.match(text, /^role +relay$/m);
    assert.doesNotMatch(text, /^digest/m);
  });
});

const PEER: PeerView = {
  name: 'elm',
  key: KEY,
  role: 'authority',
  state: 'ready',
  sinceMs: NOON - 61_000,
  address: '192.0.2.7:7420',
  transport: 'tcp',
  roundTripMs: 2.25,
  bytesIn: 1_536,
  bytesOut: 900,
  framesIn: 10,
  framesOut: 9,
  lastError: null,
};

describe('peers', () => {
  it('are listed with the state of each link', () => {
    const lost: PeerView = {
      ...PEER,
      name: null,
      role: null,
      state: 'reconnecting',
      transport: null,
      roundTripMs: null,
      lastError: 'no connection\u001b[2J to this address',
    };
    assert.equal(renderPeers(PLAIN, { peers: [PEER, lost], anonymousLinks: 2 }, NOON), PEERS_TEXT);
  });

  it('may be none', () => {
    const text = renderPeers(PLAIN, { peers: [], anonymousLinks: 0 }, NOON);
    assert.equal(text, 'No peers.\n0 links of wallets and others that proved no key');
  });
});

describe('account', () => {
  it('shows each claim with its author, and who was silent', () => {
    const claim = { next: '7', pending: true, pendingOrder: null };
    const balances = [{ token: 'HRS', amount: '12.50', amountMinor: '1250' }];
    const locked = [{ token: 'HRS', amount: '2.50', amountMinor: '250' }];
    const text = renderAccount(PLAIN, {
      account: 'mp1example',
      source: 'query',
      claims: [
        { member: 'oak', ...claim, balances, locked },
        { member: 'elm', ...claim, pending: false, balances: [], locked: [] },
      ],
      silent: ['ash', 'fir'],
    });
    assert.equal(text, ACCOUNT_TEXT);
  });
});

describe('doctor', () => {
  it('tells what mends each finding', () => {
    const text = renderDoctor(PLAIN, {
      verdict: 'fail',
      checks: [
        { name: 'store', verdict: 'ok', what: 'All 340 records are sound.', mend: null },
        { name: 'clock', verdict: 'warn', what: 'The clock is not trusted.', mend: 'Set it.' },
        {
          name: 'quorum',
          verdict: 'fail',
          what: 'One authority of four answers.',
          mend: 'Look at the cables.',
        },
      ],
    });
    assert.equal(text, DOCTOR_TEXT);
  });
});

describe('events', () => {
  it('are one line each, with the time first', () => {
    const event = { kind: 'applied', atMs: NOON, certificate: sealed } as const;
    assert.equal(
      renderEvent(PLAIN, event),
      '12:00:00.250  applied         12.50 HRS mp1v6l8uvev...zgm0 -> mp1pdgn4kd5...f70v #0 a sealed memo by oak, elm and ash',
    );
  });

  it('show what a peer said without its control characters', () => {
    const text = renderEvent(PLAIN, {
      kind: 'peer',
      atMs: NOON,
      name: 'elm',
      key: null,
      address: null,
      from: 'ready',
      to: 'reconnecting',
      reason: 'gone\u001b]0;x\u0007',
    });
    assert.equal(
      text,
      '12:00:00.250  peer            elm: ready -> reconnecting (gone\\u{1b}]0;x\\u{7})',
    );
  });
});

const WALLET: WalletView = {
  address: 'mp1example',
  network: { name: 'village', id: 'mpnet1example' },
  balances: [
    { token: 'HRS', amount: '987.50', amountMinor: '98750' },
    { token: 'CUP', amount: '3', amountMinor: '3' },
  ],
  available: [
    { token: 'HRS', amount: '987.50', amountMinor: '98750' },
    { token: 'CUP', amount: '3', amountMinor: '3' },
  ],
  locked: [{ token: 'HRS', amount: '20.00', amountMinor: '2000' }],
  next: '1',
  payments: '1',
  live: null,
};
const FRESH: Freshness = {
  confirmed: true,
  told: ['oak', 'elm', 'ash'],
  doubt: undefined,
  wallMs: NOON,
};

describe('a wallet', () => {
  it('shows its balance, and who confirmed it', () => {
    assert.equal(renderBalance(PLAIN, WALLET, FRESH), BALANCE_TEXT);
  });

  it('says why its balance is not confirmed, and what is on its way', () => {
    const live = { order: certificate.order, createdWallMs: NOON, votes: ['oak'], quorum: 3 };
    const doubt = { kind: 'too_few', answered: 0, needed: 3 } as const;
    const stale = { confirmed: false, told: [], doubt, wallMs: NOON };
    const left = { token: 'HRS', amount: '975.00', amountMinor: '97500' };
    const available = [left, ...WALLET.available.slice(1)];
    assert.equal(renderBalance(PLAIN, { ...WALLET, available, live }, stale), STALE_TEXT);
  });

  it('reports a payment with its votes and who has applied it', () => {
    const paid = {
      certificate,
      latencyMs: 12.34,
      spread: ['oak', 'elm', 'ash'],
      members: 4,
      receipt: 'bread.receipt',
    };
    assert.equal(renderPaid(PLAIN, paid), PAID_TEXT);
  });

  it('says who paid whom what in a valid receipt', () => {
    const network = { name: 'village', id: 'mpnet1example' };
    assert.equal(renderVerified(PLAIN, certificate, network), VERIFIED_TEXT);
    const others = VERIFIED_TEXT.replace('"bread"', 'a sealed memo');
    assert.equal(renderVerified(PLAIN, sealed, network), others);
    const bare = { ...sealed, order: { ...sealed.order, memo: '' } };
    const none = VERIFIED_TEXT.replace('"bread"', 'none');
    assert.equal(renderVerified(PLAIN, bare, network), none);
  });
});

describe('a network', () => {
  it('is shown with its committee, tokens and issuance', () => {
    assert.equal(renderNetwork(PLAIN, village.network), NETWORK_TEXT);
  });
});

describe('help', () => {
  const page = { paint: PLAIN, columns: 80 };

  it('lists every command', () => {
    const text = renderOverview(page, COMMANDS);
    for (const { path } of COMMANDS) assert.match(text, new RegExp(`^  ${path.join(' ')} `, 'm'));
  });

  it('fits the terminal, and has an example for every command that needs one', () => {
    for (const spec of COMMANDS) {
      const lines = renderCommandHelp(page, spec).split('\n');
      const [examples] = [lines.indexOf('Examples')];
      const text = examples === -1 ? lines : lines.slice(0, examples);
      for (const line of text) assert.ok(line.length <= 80, `${spec.path.join(' ')}: ${line}`);
      if (spec.path[0] !== 'version') assert.ok(spec.examples.length > 0, spec.path.join(' '));
    }
  });

  it('explains a command', () => {
    const spec = COMMANDS.find(({ path }) => path.join(' ') === 'wallet resume');
    assert.ok(spec !== undefined);
    assert.equal(renderCommandHelp(page, spec), HELP_TEXT);
  });
});

describe('colour', () => {
  it('changes no letter and no column', () => {
    const coloured = renderStatus(paintFor(true), STATUS);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI sequences begin with ESC.
    assert.equal(coloured.replace(/\u001b\[[0-9]+m/g, ''), STATUS_TEXT);
    assert.notEqual(coloured, STATUS_TEXT);
  });
});

const STATUS_TEXT = `node       oak  ready
key        mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp
role       authority, member 1 of 4
voting     yes
network    village  mpnet1example
committee  quorum 3 of 4, at most 1 hostile (epoch 0)
payments   4 of 4 answer, 4 vote, a quorum is 3: payments can be made
members    FULLY_CONNECTED for 1 min 30 s
links      3 authorities, 1 other node, 2 anonymous
ledger     12 accounts, 340 journal entries
digest     abababababababababababababababababababababababababababababababab
work       341 votes, 340 certificates, 1 relayed
refused    3 insufficient_balance, 1 bad_signature
listening  [::]:7420
data       /var/lib/meshpay (338 KiB, 352 commits)
checked    all that votes depend on, and 900 of 1402 records again
clock      2026-01-31 12:00:00 UTC, not trusted
process    4711, up 1 d 2 h, 56 MiB resident
version    0.1.0`;

const PEERS_TEXT = `peer              role       state             since  address         via     rtt       in    out  last error
elm               authority  ready         1 min 1 s  192.0.2.7:7420  tcp  2.3 ms  1.5 KiB  900 B
mpnode1h04rvlrmp             reconnecting  1 min 1 s  192.0.2.7:7420               1.5 KiB  900 B  no connection\\u{1b}[2J to this address

2 links of wallets and others that proved no key`;

const ACCOUNT_TEXT = `account  mp1example
source   what authorities answered: claims, not proofs

authority    balance    locked  next  pending
oak        12.50 HRS  2.50 HRS     7  an order
elm          nothing               7

No answer from ash and fir.`;

const DOCTOR_TEXT = `ok    store   All 340 records are sound.
warn  clock   The clock is not trusted.
              mend: Set it.
fail  quorum  One authority of four answers.
              mend: Look at the cables.

1 to mend and 1 warning.`;

const BALANCE_TEXT = `987.50 HRS, 20.00 locked in withdrawals
     3 CUP

Each payment is proven by its certificate.
Confirmed 2026-01-31 12:00:00 UTC by oak, elm and ash: they know of no other.`;

const STALE_TEXT = `975.00 HRS, 12.50 on its way, 20.00 locked in withdrawals  not confirmed
     3 CUP  not confirmed

Not confirmed: no authority answered.
Each payment is proven by its certificate; others may be missing, made with this key or received.
On its way: 12.50 HRS to mp1pdgn4kd5...f70v, 1 of 3 votes.`;

const PAID_TEXT = `paid 12.50 HRS to mp1pdgn4kd5jfqptjsfqtks0yzy6wk9m0kzxphsd9yvzrdgadhrnuksp6f70v in 12 ms
order    f92a8671-d635-81f4-8c49-5c716b47917c
memo     "bread"
votes    oak, elm and ash
applied  oak, elm and ash (3 of 4)
receipt  bread.receipt`;

const VERIFIED_TEXT = `valid: 12.50 HRS was paid on the network village
network  mpnet1example
from     mp1v6l8uvev0fznxv4an5987lds2h6utmc6q6k6vmvckw0mdqgvguaqstzgm0
to       mp1pdgn4kd5jfqptjsfqtks0yzy6wk9m0kzxphsd9yvzrdgadhrnuksp6f70v
memo     "bread"
order    f92a8671-d635-81f4-8c49-5c716b47917c, sequence 0
votes    oak, elm and ash (epoch 0)`;

const NETWORK_TEXT = `network    village
id         mpnet1k4vlug3htrstsj0ku6cggz8tk263gec7ee53cpk7j65segtgr3uqxgt55v
committee  4 authorities, quorum 3, safe while at most 1 is hostile (epoch 0)
issued     1000.00 HRS
           0 CUP
opening    0.01 HRS opens an account
           1 CUP opens an account
payments   no limit
ledgers    cashbook, a cashbook, pays out HRS on the word of 1 of 1 (oak)

authority  key
oak        mpnode132yw8ht5p8cetl2jmvknewjawt9xwzdlrk2pyxlnwjyqrdq0dawqp5a7yr
elm        mpnode1syuhwr4g05t4744r23nvxnr7en9cmz53knhr0gja7c84hr7fkw2qausnz4
ash        mpnode1a4yj333g68pvd6hfqvufqkv4vy54jfe6t33ljd3kc9rpfty8xlgstfm3u7
fir        mpnode1e2f6c9c9rpc8r4nms0rl7rh7syyw3mz9xpt46aexs7fn8k76he7q3g7yac

account                                                         amount  token
mp1v6l8uvev0fznxv4an5987lds2h6utmc6q6k6vmvckw0mdqgvguaqstzgm0  1000.00  HRS`;

const HELP_TEXT = `meshpay wallet resume [options]

Sends the order that an earlier command left behind, the same bytes, until a
quorum has voted for it. Without such an order it says so and ends.

Options
  --timeout SECONDS  end after this time without a quorum; the order stays live.
                     For ever if left out
  --receipt FILE     write the receipt to this file, which must not be there yet
  --wallet FOLDER    the wallet's folder; if left out, MESHPAY_WALLET, or
                     ~/.local/share/meshpay/wallet
  --json             print JSON for programs; amounts are decimal texts
  --help             show how the command is used, and end
  --debug            show where in the program an error arose

Examples
  # after Ctrl-C
  meshpay wallet resume`;
