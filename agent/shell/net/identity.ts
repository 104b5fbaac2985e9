/**
 * What a node shows in a TLS handshake: a self-signed X.509 certificate (RFC 5280) around its
 * Ed25519 key (RFC 8410). Only the key in it means anything. It is a function of the key, so it is
 * made anew at each start and never stored.
 *
 * Departs from custom: valid from 1970 for ever (RFC 5280 4.1.2.5), because routers do not know
 * the time; no extensions; the same name in every certificate.
 */
import type { Signer } from '../../core/crypto.ts';
import { pkcs8Of, SPKI_PREFIX, signerFromSeed } from '../keys.ts';
import * as der from './der.ts';

/** 1.3.101.112 (RFC 8410). */
const ED25519 = der.sequence(der.objectIdentifier(0x2b, 0x65, 0x70));
/** 2.5.4.3, commonName. */
const COMMON_NAME = der.objectIdentifier(0x55, 0x04, 0x03);
const NAME = der.sequence(der.setOf(der.sequence(COMMON_NAME, der.utf8String('meshpay'))));
const VERSION_3 = der.context0(der.unsignedInteger(Uint8Array.of(2)));
const VALIDITY = der.sequence(der.utcTime('700101000000Z'), der.generalizedTime('99991231235959Z'));

/** A node's key, in the form in which TLS wants it. */
export interface Identity {
  readonly publicKey: Uint8Array;
  readonly signer: Signer;
  /** PEM, for node:tls. */
  readonly certificate: string;
  /** PEM, secret, for node:tls. */
  readonly privateKey: string;
}

/** The identity of a seed (32 bytes). */
export function identityFromSeed(seed: Uint8Array): Identity {
  const signer = signerFromSeed(seed);
  return {
    publicKey: signer.publicKey,
    signer,
    certificate: pem('CERTIFICATE', certificateOf(signer)),
    privateKey: pem('PRIVATE KEY', pkcs8Of(seed)),
  };
}

/** The self-signed certificate of a key, DER. The same key always gives the same bytes. */
export function certificateOf(signer: Signer): Uint8Array {
  const body = der.sequence(
    VERSION_3,
    der.unsignedInteger(Uint8Array.of(1, ...signer.publicKey.subarray(0, 8))),
    ED25519,
    NAME,
    VALIDITY,
    NAME,
    Buffer.concat([SPKI_PREFIX, signer.publicKey]),
  );
  return der.sequence(body, ED25519, der.bitString(signer.sign(body)));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
