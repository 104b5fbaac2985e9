/**
 * The virtual radios inside the machine: one network namespace each, empty of interfaces (whoever
 * uses a radio creates what it needs), and the group masks by which the medium is cut and healed.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  GUEST_ROOT,
  type MaskWrite,
  type Place,
  type RadioInfo,
  type SetupResult,
} from '../protocol.ts';
import { monotonicMs } from './clock.ts';
import { GuestError } from './errors.ts';

const PHY_FOLDER = '/sys/class/ieee80211';
const COMMAND_TIMEOUT_MS = 120_000;
const COUNTRY_TIMEOUT_MS = 30_000;

const runFile = promisify(execFile);

export function namespaceOf(place: Place): string {
  return `n${place}`;
}

/**
 * Waits for the radios, sets the country, and gives each radio its namespace (n0, n1, ...), its
 * folder (/run/hwsim/n0, ...) and no link to anybody yet.
 */
export async function setUpRadios(radios: number, country: string): Promise<SetupResult> {
  // Started by the boot script; a second call waits until the first has ended.
  await command('modprobe', 'mac80211_hwsim', `radios=${radios}`, 'support_p2p_device=0');
  const phys = readdirSync(PHY_FOLDER)
    .sort((a, b) => phyNumber(a) - phyNumber(b))
    .map((phy, radio) => ({ radio, phy, mac: firstLine(`${PHY_FOLDER}/${phy}/macaddress`) }));
  if (phys.length !== radios) {
    throw new GuestError('RADIOS_MISSING', `${radios} radios asked for, ${phys.length} are there`);
  }
  await setCountry(country);
  await command('ip', 'link', 'set', 'lo', 'up');
  await command('ip', 'link', 'set', 'hwsim0', 'up');
  setMasks(phys.map(({ radio }) => ({ radio, mask: '0x0' })));
  for (const info of phys) await moveRadio(info);
  return { radios: phys, kernel: release() };
}

/** In the given order, each as one write: the kernel reads a mask once per frame. */
export function setMasks(writes: readonly MaskWrite[]): void {
  for (const { radio, mask } of writes) {
    writeFileSync(`/sys/kernel/debug/ieee80211/phy${radio}/hwsim/group`, mask);
  }
}

/**
 * A power cut: the radio falls silent and every program of the place gets SIGKILL, in one go.
 * @returns the machine's monotonic clock just before
 */
export function perish(place: Place, writes: readonly MaskWrite[]): number {
  const pids = execFileSync('ip', ['netns', 'pids', namespaceOf(place)], { encoding: 'utf8' });
  const atMs = monotonicMs();
  setMasks(writes);
  for (const pid of pids.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  return atMs;
}

async function moveRadio({ radio, phy }: RadioInfo): Promise<void> {
  const namespace = namespaceOf(radio);
  for (const name of interfacesOf(phy)) await command('iw', 'dev', name, 'del');
  await command('ip', 'netns', 'add', namespace);
  await command('iw', 'phy', phy, 'set', 'netns', 'name', namespace);
  await command('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
  mkdirSync(`${GUEST_ROOT}/${namespace}`, { recursive: true, mode: 0o700 });
}

/** The kernel takes a country over only after it has read its database: wait for it. */
async function setCountry(country: string): Promise<void> {
  await command('iw', 'reg', 'set', country);
  const deadline = performance.now() + COUNTRY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if ((await command('iw', 'reg', 'get')).includes(`country ${country}:`)) return;
    await sleep(50);
  }
  throw new GuestError('COUNTRY_REFUSED', `the kernel did not take over country ${country}`);
}

async function command(program: string, ...argv: string[]): Promise<string> {
  try {
    return (await runFile(program, argv, { timeout: COMMAND_TIMEOUT_MS })).stdout;
  } catch (error) {
    const detail = error instanceof Error ? error.message.trim() : String(error);
    throw new GuestError('COMMAND_FAILED', detail);
  }
}

function interfacesOf(phy: string): string[] {
  const folder = `${PHY_FOLDER}/${phy}/device/net`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

function phyNumber(phy: string): number {
  return Number(phy.replace('phy', ''));
}

function firstLine(path: string): string {
  return readFileSync(path, 'utf8').trim();
}
