/** Picks the body for this host: OpenWrt by its release file, else Linux; netlink, else `iw`. */
import { IwReader } from './iw/reader.ts';
import { LinuxPlatform } from './linux/linux.ts';
import { openNetlink } from './netlink/reader.ts';
import { OpenwrtPlatform } from './openwrt/openwrt.ts';
import type { Probe } from './platform.ts';
import type { RadioReader } from './radio.ts';
import { HostRunner, type Runner } from './runner.ts';

/** A body with its own kind of observation kept to itself. */
export type AnyPlatform = LinuxPlatform | OpenwrtPlatform;

export async function openReader(
  runner: Runner,
): Promise<{ readonly reader: RadioReader; readonly name: Probe['reader'] }> {
  const netlink = await openNetlink();
  if (netlink.ok) return { reader: netlink.value, name: 'netlink' };
  return { reader: new IwReader(runner), name: 'iw' };
}

export async function openPlatform(runner: Runner = new HostRunner()): Promise<AnyPlatform> {
  const { reader, name } = await openReader(runner);
  const openwrt = (await runner.read('/etc/openwrt_release')) !== undefined;
  return openwrt
    ? new OpenwrtPlatform(reader, runner, name)
    : new LinuxPlatform(reader, runner, name);
}
