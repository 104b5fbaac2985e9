/**
 * The Linux body on a real kernel: the same conformance as the simulated hosts, with real radios of
 * mac80211_hwsim and a real wpa_supplicant; and the body that reads through `iw` alone.
 */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { IwReader } from '../../platform/iw/reader.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import type { NetlinkReader } from '../../platform/netlink/reader.ts';
import type { Probe } from '../../platform/platform.ts';
import type { RadioReader } from '../../platform/radio.ts';
import { HostRunner } from '../../platform/runner.ts';
import { conform, down, type Expectations, type Subject, value } from './conformance.ts';
import { SETTINGS } from './samples.ts';
import { virtualRadios } from './virtual-radios.ts';

const PEER_TIMEOUT_MS = 60_000;
/** What the kernel's own radios and the US rules make of them; every bring-up takes seconds. */
const ON_KERNEL: Expectations = {
  channels: { channel_not_allowed: 2484, channel_radar: 5260, channel_unknown: 5030 },
  crashStep: 5,
};
/** What is left to see through `iw`: each look takes ten processes, and minutes add up. */
const THROUGH_IW: Expectations = {
  ...ON_KERNEL,
  crashStep: Number.POSITIVE_INFINITY,
  onlyHost: true,
};
/** For a process to start, under emulation. */
const START_MS = 2_000;

const FOLDER = '/run/meshpay-conformance/0';

const { reader, reason } = await virtualRadios(2);

describe('on a real kernel', { skip: reason }, () => {
  const runner = new HostRunner();
  const netlink = reader as NetlinkReader;
  const iw = new IwReader(runner);
  const neighbour = {
    settings: { ...SETTINGS, interfaceName: 'mesh1', addresses: ['fd12::2/64'] },
    platform: new LinuxPlatform(netlink, runner, 'netlink', '/run/meshpay-conformance/1'),
  };

  before(async () => {
    const { platform, settings } = neighbour;
    const phys = value(await netlink.phys());
    const plan = platform.plan(
      { ...settings, radio: phys.at(-1)?.name },
      value(await platform.observe(settings)),
    );
    assert.ok(plan.ok, JSON.stringify(plan));
    value(await platform.apply(plan.commands));
  });

  after(async () => {
    const { platform, settings } = neighbour;
    const plan = platform.restore(settings, value(await platform.observe(settings)));
    if (plan.ok) await platform.apply(plan.commands);
    await down(through(netlink, 'netlink'));
    netlink.close();
  });

  conform('linux, through netlink,', () => subject(through(netlink, 'netlink')), ON_KERNEL);
  conform('linux, through iw,', () => subject(through(iw, 'iw')), THROUGH_IW);

  function through(eyes: RadioReader, name: Probe['reader']): LinuxPlatform {
    return new LinuxPlatform(eyes, runner, name, FOLDER);
  }

  async function subject(platform: LinuxPlatform): Promise<Subject<unknown>> {
    await down(platform);
    return {
      platform: platform as Subject<unknown>['platform'],
      picture: async () => {
        const interfaces = value(await netlink.interfaces()).map(({ name, type }) => [name, type]);
        const links = value(await netlink.links()).map(({ name, up, ipv6 }) => [name, up, ipv6]);
        const [host] = value(await netlink.regulatory());
        const files = await runner.list(FOLDER);
        return { interfaces, links, country: host?.country, files };
      },
      changeCountry: async (country) => {
        // Events are heard once `iw event` runs.
        await sleep(START_MS);
        await runner.output(['iw', 'reg', 'set', country]);
        await sleep(START_MS);
      },
      removeMesh: undefined,
      peered: async () => {
        for (let waitedMs = 0; waitedMs < PEER_TIMEOUT_MS; waitedMs += 200) {
          const stations = await platform.stations(SETTINGS.interfaceName);
          if (stations.ok && stations.value.some(({ peerLink }) => peerLink === 'ESTAB')) return;
          await sleep(200);
        }
        assert.fail('the neighbour did not peer');
      },
    };
  }
});
