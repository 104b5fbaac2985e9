/**
 * The platform's body that the configuration names, and a gate before it, so that nothing is
 * applied any more while the mesh is to stay down.
 */
import { failure, fault, type Result } from '../../../platform/fault.ts';
import { LinuxPlatform } from '../../../platform/linux/linux.ts';
import { openPlatform, openReader } from '../../../platform/open.ts';
import { OpenwrtPlatform } from '../../../platform/openwrt/openwrt.ts';
import type { Platform } from '../../../platform/platform.ts';
import { HostRunner } from '../../../platform/runner.ts';
import type { RadioBody } from '../config/config-schema.ts';

/** Something that works with any body, whatever it observes. */
export type BodyUser<T> = <Observed>(platform: Platform<Observed>) => Promise<T>;

/** Opens the body, uses it, closes it. For `none` the one of this host, to look around. */
export async function withBody<T>(body: RadioBody, use: BodyUser<T>): Promise<T> {
  const platform = await openBody(body);
  try {
    return await (platform.kind === 'linux' ? use(platform) : use(platform));
  } finally {
    platform.close();
  }
}

async function openBody(body: RadioBody): Promise<LinuxPlatform | OpenwrtPlatform> {
  const runner = new HostRunner();
  if (body === 'auto' || body === 'none') return openPlatform(runner);
  const { reader, name } = await openReader(runner);
  return body === 'openwrt'
    ? new OpenwrtPlatform(reader, runner, name)
    : new LinuxPlatform(reader, runner, name);
}

/** A body that can be kept from applying anything. */
export interface Gated<Observed> extends Platform<Observed> {
  /** Lets nothing be applied from now on, and waits for what is under way. */
  shut(): Promise<void>;
  open(): void;
}

export function gated<Observed>(platform: Platform<Observed>): Gated<Observed> {
  let isShut = false;
  let underWay: Promise<unknown> = Promise.resolve();
  return {
    kind: platform.kind,
    takesOthersDown: platform.takesOthersDown,
    probe: () => platform.probe(),
    observe: (scope) => platform.observe(scope),
    plan: (settings, observed) => platform.plan(settings, observed),
    restore: (scope, observed) => platform.restore(scope, observed),
    revive: (settings, observed, what) => platform.revive(settings, observed, what),
    status: (settings, observed) => platform.status(settings, observed),
    apply: (commands) => {
      if (isShut) return Promise.resolve(refusedToApply());
      const applied = platform.apply(commands);
      underWay = applied.catch(() => undefined);
      return applied;
    },
    stations: (name) => platform.stations(name),
    paths: (name) => platform.paths(name),
    watch: (listener) => platform.watch(listener),
    forgetStation: (name, address) => platform.forgetStation(name, address),
    resetPeering: (name, address) => platform.resetPeering(name, address),
    close: () => platform.close(),
    async shut() {
      isShut = true;
      await underWay;
    },
    open() {
      isShut = false;
    },
  };
}

function refusedToApply(): Result<undefined> {
  return failure(fault('command_failed', 'mesh', 'a mesh that may come up', 'it is held down'));
}
