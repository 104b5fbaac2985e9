/**
 * Cookies: who opens a connection shows first that it hears what is sent to its address, before the
 * other side keeps anything for it (as in RFC 9000, 8.1, and TCP Fast Open, RFC 7413, 4.1). A
 * cookie is an epoch and a keyed hash over it and the address; nothing is stored to judge one. It
 * is good for its own epoch and the next, for any connection from that address, so whoever kept one
 * of an earlier connection needs no further round trip.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { COOKIE_BYTES } from './packet.ts';

/** What a dialler sends that has none yet. */
export const NO_COOKIE: Uint8Array = new Uint8Array(COOKIE_BYTES);

export interface Cookies {
  make(source: string, nowMs: number): Uint8Array;
  isGood(cookie: Uint8Array, source: string, nowMs: number): boolean;
}

/** `secret`: 32 random bytes that live as long as the process. */
export function createCookies(secret: Uint8Array, epochMs: number): Cookies {
  function cookieOf(epoch: number, source: string): Buffer {
    const hash = createHmac('sha256', secret).update(`${epoch}/${source}`).digest();
    return Buffer.concat([Uint8Array.of(epoch & 0xff), hash.subarray(0, COOKIE_BYTES - 1)]);
  }

  return {
    make: (source, nowMs) => cookieOf(Math.floor(nowMs / epochMs), source),
    isGood(cookie, source, nowMs) {
      const epoch = Math.floor(nowMs / epochMs);
      for (const candidate of [epoch, epoch - 1]) {
        if (cookie[0] !== (candidate & 0xff)) continue;
        return timingSafeEqual(cookie, cookieOf(candidate, source));
      }
      return false;
    },
  };
}
