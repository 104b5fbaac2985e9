/**
 * A second life of a member's key: the folder that its node was provisioned from was copied again,
 * with its unused mark, or its disk was copied while it ran. It comes up beside the node or after
 * that has gone. Nobody meant harm, but with one key that does not know what another life of it
 * signed, the member is one of the bad ones that a committee stands.
 */
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { NONCE_BYTES } from '../../agent/core/base/limits.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { ownLifeCoder } from '../../agent/core/codec/record.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import type { Agenda } from './agenda.ts';
import type { Plan } from './plan.ts';
import { Prng } from './prng.ts';
import type { Process } from './process.ts';

/** What is on the disk of an authority that was just provisioned. */
export function unusedDisk(seed: number, name: string): ReadonlyMap<ByteKey, Uint8Array> {
  const life = Prng.named(seed, `life of ${name}`).bytes(NONCE_BYTES);
  return new Map([[SPACES.firstStart.key, encode(ownLifeCoder, { life })]]);
}

/** Lets the second life begin at its time. */
export function bringUpTwin(agenda: Agenda, plan: Plan, first: Process, second: Process): void {
  const prng = Prng.named(plan.seed, `times of ${second.name}`);
  const isUnused = prng.below(2) === 0;
  const isAfter = prng.below(3) === 0;
  const [copiedAtMs, comesAtMs] = [prng, prng]
    .map((each) => each.below(plan.chaosMs))
    .sort((a, b) => a - b);
  let disk = unusedDisk(plan.seed, second.name);
  agenda.after(isUnused ? 0 : (copiedAtMs ?? 0), () => {
    if (!isUnused) disk = new Map(first.disk.durable);
  });
  const isAtOnce = isUnused && prng.below(3) === 0;
  agenda.after(isAtOnce ? prng.below(50) : (comesAtMs ?? 0), () => {
    if (isAfter) first.crash('was taken out of service', plan.chaosMs);
    second.disk.replace(disk);
    second.start();
  });
}
