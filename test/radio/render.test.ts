/** What the commands of the radio print, as whole texts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseNeighbours, type ReachFacts, reachView } from '../../agent/cli/reach-steps.ts';
import { PLAIN } from '../../agent/cli/render/paint.ts';
import {
  renderBelowState,
  renderPaths,
  renderPlan,
  renderStations,
  renderSwitched,
} from '../../agent/cli/render/radio.ts';
import { probeView, renderProbe } from '../../agent/cli/render/radio-probe.ts';
import { renderRadioStatus } from '../../agent/cli/render/radio-status.ts';
import { renderReach } from '../../agent/cli/render/reach.ts';
import type { CommitteeMemberView, PeerView } from '../../agent/shell/control/api.ts';
import { fault } from '../../platform/fault.ts';
import { radioFaults } from '../../platform/platform.ts';
import { PHY, PHY_WITHOUT_MESH } from '../platform/samples.ts';
import { MESH, NEIGHBOUR, PATH, REPORT } from './samples.ts';

describe('radio status', () => {
  it('shows a mesh that is up', () => {
    assert.equal(
      renderRadioStatus(PLAIN, REPORT),
      `mesh        up for 1 min
body        linux
interface   mesh0  02:00:00:00:01:00
mesh id     street
radio       phy1
channel     2412 MHz
country     DE
addresses   fd12::1/64
            fe80::ff:fe00:100/64
neighbours  1 neighbour
paths       1 active path`,
    );
  });

  it('shows what the mesh waits for, and what mends it', () => {
    const faults = [fault('country_unset', 'radio.country', 'two letters such as DE', '""')];
    const waiting = { ...REPORT, state: 'waiting', mesh: null, stations: [], faults } as const;
    const lines = renderRadioStatus(PLAIN, waiting).split('\n').slice(-2);
    assert.match(lines[0] ?? '', /^waits for {3}radio\.country: no country is set/);
    assert.match(lines[1] ?? '', /^ +mend: set radio\.country/);
  });

  it('tells where the country allows the channel in buildings only', () => {
    const mesh = { ...MESH, frequencyMhz: 5180, indoorOnly: true };
    const text = renderRadioStatus(PLAIN, { ...REPORT, mesh });
    assert.match(text, /^channel +5180 MHz, in buildings only$/m);
  });

  it('raises a wrong passphrase and a twin', () => {
    const mesh = { ...MESH, saeFailures: [{ address: '02:00:00:00:09:00', count: 2 }] };
    const duplicates = { ofKey: ['fd12::1'], ofHardware: [] };
    const text = renderRadioStatus(PLAIN, { ...REPORT, mesh, duplicates });
    assert.match(text, /^passphrase +SAE failed with 02:00:00:00:09:00$/m);
    assert.match(text, /^TWIN +another node has fd12::1$/m);
    assert.ok(!text.includes('hardware'));
  });

  it('tells when the mesh is tried again, where that is long', () => {
    const text = (restMs: number) =>
      renderRadioStatus(PLAIN, { ...REPORT, nextTryMs: REPORT.uptimeMs + restMs });
    assert.match(text(7_200_000), /^next try +in 2 h.*, or at once by "meshpay radio up"$/m);
    assert.ok(!text(9_999).includes('next try'));
  });

  it('does not call a shared hardware address a twin', () => {
    const duplicates = { ofKey: [], ofHardware: ['fe80::1'] };
    const text = renderRadioStatus(PLAIN, { ...REPORT, duplicates });
    assert.match(text, /^hardware +the radio of another node has 02:00:00:00:01:00 too$/m);
    assert.ok(!text.includes('TWIN'));
  });
});

describe('radio peers and paths', () => {
  it('show signal, rates, ages and those that fell silent', () => {
    const forgotten = [{ address: '02:00:00:00:05:00', atMs: 97_000 }];
    assert.equal(
      renderStations(PLAIN, [NEIGHBOUR], forgotten, 100_000),
      `neighbour          state    signal       send    receive  expected  metric   heard        link  protected
02:00:00:00:02:00  peered  -60 dBm  13 Mbit/s  13 Mbit/s  9 Mbit/s     800  108 ms  1 min 30 s  yes

02:00:00:00:05:00 fell silent 3 s ago`,
    );
    assert.equal(renderStations(PLAIN, [], [], 0), 'No neighbours.');
  });

  it('say that the mesh is not up, where that is why there is so little', () => {
    assert.equal(renderBelowState(PLAIN, 'up', 'No neighbours.'), 'No neighbours.');
    assert.equal(
      renderBelowState(PLAIN, 'waiting', 'No neighbours.'),
      'The mesh is not up (waiting): "meshpay radio status" says why.\nNo neighbours.',
    );
  });

  it('show where a path leads', () => {
    assert.equal(
      renderPaths(PLAIN, [PATH]),
      `destination        next hop           hops  metric  holds  changes/h  state
02:00:00:00:03:00  02:00:00:00:02:00     2    1640  4.2 s          0  active`,
    );
    assert.match(renderPaths(PLAIN, [{ ...PATH, changesPerHour: 120 }]), / 120 +flapping$/);
  });
});

describe('radio plan, up and down', () => {
  it('print what would be run, and what was run', () => {
    assert.equal(
      renderPlan(PLAIN, ['iw reg set DE']),
      'iw reg set DE\n\n1 command; nothing was run.',
    );
    assert.equal(renderPlan(PLAIN, []), 'Nothing to do: all is as wanted.');
    assert.equal(
      renderSwitched(PLAIN, 'mesh0', 'up', ['iw reg set DE']),
      'iw reg set DE\nmesh0 is up',
    );
  });
});

describe('radio probe', () => {
  const verdict = (phy: typeof PHY) => ({
    phy,
    driver: phy === PHY ? 'ath9k_htc' : 'brcmfmac',
    country: { country: 'DE', dfsRegion: 'ETSI', phyIndex: undefined, selfManaged: false } as const,
    faults: radioFaults(phy),
  });

  it('says of each radio what it can do, and what would do where it cannot', () => {
    const view = probeView({
      radios: [verdict(PHY_WITHOUT_MESH), verdict(PHY)],
      faults: [],
      warnings: [],
      reader: 'netlink',
    });
    const [first = '', second = '', last = ''] = renderProbe(PLAIN, view).split('\n\n');
    assert.match(first, /^radio +phy1 {2}cannot carry the mesh$/m);
    assert.match(first, /^driver +brcmfmac, as built into the Raspberry Pi$/m);
    assert.match(first, /^why +radio phy1: .*expected mesh point among its interface types/m);
    assert.match(first, /^mend +use ath9k/m);
    assert.match(second, /^driver +ath9k_htc$/m);
    assert.match(second, /^2\.4 GHz +channels 1$/m);
    assert.match(
      second,
      /^radar +channels 52: not for a mesh: the driver cannot watch for radar$/m,
    );
    assert.equal(last, 'The mesh can come up here.');
  });

  it('is of no use without a supplicant that knows mesh', () => {
    const faults = [fault('supplicant_without_mesh', 'command wpa_supplicant', 'mesh', 'none')];
    const view = probeView({ radios: [verdict(PHY)], faults, warnings: [], reader: 'iw' });
    assert.equal(view.usable, false);
    assert.match(renderProbe(PLAIN, view), /The mesh cannot come up here\.$/);
  });
});

describe('reach', () => {
  const voting = (...names: string[]) => names.map((name) => ({ name, votes: true }));
  const member = (name: string, index: number): CommitteeMemberView => ({
    index,
    name,
    key: `key of ${name}`,
    self: index === 0,
    heard: true,
    votes: true,
    sinceMs: null,
    saidMs: null,
    clockAheadMs: null,
    state: index === 0 ? null : 'ready',
    equal: true,
    comparedMs: null,
  });
  const peer = (name: string, address: string): PeerView => ({
    name,
    key: `key of ${name}`,
    role: 'authority',
    state: 'ready',
    sinceMs: 0,
    address,
    transport: 'datagram',
    roundTripMs: 4.2,
    bytesIn: 0,
    bytesOut: 0,
    framesIn: 0,
    framesOut: 0,
    lastError: null,
  });
  const facts: ReachFacts = {
    committee: {
      epoch: 0,
      quorum: 3,
      faultsTolerated: 1,
      heard: 4,
      voters: 4,
      members: ['oak', 'elm', 'ash', 'fir'].map(member),
    },
    reachable: { answering: voting('elm', 'ash'), silent: ['fir'] },
    peers: [
      peer('elm', '[fe80::ff:fe00:200%mesh0]:7420'),
      peer('ash', '[fd12::3]:7420'),
      peer('fir', '[fd12::4]:7420'),
    ],
    report: REPORT,
    neighbours: parseNeighbours('fd12::3 lladdr 02:00:00:00:03:00 REACHABLE\nfd12::4 FAILED\n'),
  };

  it('counts who answers, not who is linked, and tells the way to each', () => {
    assert.equal(
      renderReach(PLAIN, reachView(facts)),
      `authority  now                  rtt  hops  next hop            signal  expected  metric  address
oak        this node, votes
elm        answers, votes    4.2 ms     1  02:00:00:00:02:00  -60 dBm  9 Mbit/s     800  [fe80::ff:fe00:200%mesh0]:7420
ash        answers, votes    4.2 ms     2  02:00:00:00:02:00  -60 dBm  9 Mbit/s    1640  [fd12::3]:7420
fir        silent            4.2 ms                                                      [fd12::4]:7420

3 of 4 answer, 3 vote, a quorum is 3: payments can be made; one more and payments stop. A quorum is at most 2 hops away.`,
    );
  });

  it('says that there is no quorum', () => {
    const view = reachView({
      ...facts,
      reachable: { answering: voting('elm'), silent: ['ash', 'fir'] },
    });
    assert.equal(view.canPay, false);
    assert.match(
      renderReach(PLAIN, view),
      /\n\n2 of 4 answer, 2 vote, a quorum is 3: no payment can be made\.$/,
    );
  });

  it('counts who votes among those that answer', () => {
    const answering = [...voting('elm', 'ash').map((each) => ({ ...each, votes: false }))];
    const view = reachView({ ...facts, reachable: { answering, silent: ['fir'] } });
    assert.deepEqual([view.answering, view.voters, view.canPay], [3, 1, false]);
    const text = renderReach(PLAIN, view);
    assert.match(text, /\nelm +answers, no vote /);
    assert.match(text, /3 of 4 answer, 1 votes, a quorum is 3: no payment can be made\.$/);
  });

  it('works without a radio', () => {
    const view = reachView({ ...facts, report: undefined });
    assert.equal(view.canPay, true);
    assert.equal(view.hopsToQuorum, null);
  });
});
