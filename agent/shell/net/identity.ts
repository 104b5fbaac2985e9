/**
 * What a node shows in a TLS handshake: a self-signed X.509 certificate (RFC 5280) around its
 * Ed25519 key (RFC 8410). It is made anew at each start and never stored. The key in it is what
 * means something; its serial number tells processes with one key apart (twins.ts).
 *
 * Departs from custom: valid from 1970 for ever (RFC 5280 4.1.2.5), because routers do not know
 * the time; no extensions; the same name in every certificate.
 */
import { randomBytes } from 'node:crypto';
import { toHex } from '../../core/base/bytes.ts';
import type { Signer } from '../../core/base/crypto.ts';
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
  /** The serial number of the certificate, as node:crypto writes it. */
  readonly instance: string;
  /** PEM, for node:tls. */
  readonly certificate: string;
  /** PEM, secret, for node:tls. */
  readonly privateKey: string;
}

/** Random bytes of a serial number: RFC 5280 4.1.2.2 allows 20 in all. */
const INSTANCE_BYTES = 15;

/** The identity of a seed (32 bytes) in this process, or in whichever drew these random bytes. */
export function identityFromSeed(
  seed: Uint8Array,
  instance: Uint8Array = randomBytes(INSTANCE_BYTES),
): Identity {
  const signer = signerFromSeed(seed);
  const serial = Uint8Array.of(1, ...instance);
  return {
    publicKey: signer.publicKey,
    signer,
    instance: toHex(serial).toUpperCase(),
    certificate: pem('CERTIFICATE', certificateOf(signer, serial)),
    privateKey: pem('PRIVATE KEY', pkcs8Of(seed)),
  };
}

/**
 * The self-signed certificate of a key, DER. The same key and serial always give the same bytes.
 */
function certificateOf(signer: Signer, serial: Uint8Array): Uint8Array {
  const body = der.sequence(
    VERSION_3,
    der.unsignedInteger(serial),
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
