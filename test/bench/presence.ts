/**
 * (p) What heartbeats cost: bytes that an authority sends for them in a second, in committees of
 * several sizes that are whole and at rest, and with one member dead. Counted in the protocol's own
 * frames, by the core's clock, so it is the same on every machine; what streams add to a frame
 * stands beside.
 */
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { World } from '../support/world.ts';
import type { Figure } from './machine.ts';

const SIZES = [4, 10, 31] as const;
const SECONDS = 60;
/** A frame's length, a TLS 1.3 record, and the headers of TCP and IPv6. */
const AROUND_A_FRAME = 4 + 22 + 32 + 40;

/** A committee's heartbeats in a minute: bytes and frames a second and node. */
function costOf(authorities: number, isOneDead: boolean): { bytes: number; frames: number } {
  const options = { authorities, wallets: [], heartbeats: true, verify: () => true };
  const world = new World(options).connectAll();
  const alive = isOneDead ? authorities - 1 : authorities;
  if (isOneDead) world.crash(`auth-${authorities - 1}`);
  world.pass(20_000);
  let [bytes, frames] = [0, 0];
  world.onStep = (_place, _event, { sends }) => {
    for (const send of sends) {
      const frame = decodeOwn(frameCoder, send.bytes);
      if (frame.message.TAG !== 'heartbeat') continue;
      bytes += send.bytes.length;
      frames++;
    }
  };
  world.pass(SECONDS * 1_000);
  return { bytes: bytes / SECONDS / alive, frames: frames / SECONDS / alive };
}

export function presence(): Figure[] {
  return SIZES.flatMap((size) =>
    [false, true].map((isOneDead) => {
      const { bytes, frames } = costOf(size, isOneDead);
      const onWire = Math.round(bytes + frames * AROUND_A_FRAME);
      return {
        what: `${size} authorities${isOneDead ? ', one of them dead' : ''}`,
        value: Math.round(bytes),
        unit: 'B/s a node',
        note: `${frames.toFixed(1)} frames/s; ${onWire} B/s with TLS, TCP and IPv6`,
      };
    }),
  );
}
