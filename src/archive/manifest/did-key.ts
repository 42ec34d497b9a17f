import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';
import { ED25519, keyBytesOf } from './did-bytes.js';

/** SPKI of an Ed25519 key up to the key itself (RFC 8410 §4). */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** The name of an Ed25519 key, `did:key:z6Mk…` (W3C CCG did:key): the key itself is in it. */
export function didOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return `did:key:${base58btc.encode(Buffer.concat([ED25519, spki.subarray(SPKI_HEAD.length)]))}`;
}

/** @throws when it names no Ed25519 key */
export function publicKeyOf(did: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, keyBytesOf(did)]), format: 'der', type: 'spki' });
}

/** Whether a key signed these bytes (RFC 8032). */
export function isSignedBy(did: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, bytes, publicKeyOf(did), signature);
  } catch {
    return false;
  }
}
