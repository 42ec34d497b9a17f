import { base58btc } from 'multiformats/bases/base58';

/** Multicodec `ed25519-pub`, as a varint. */
export const ED25519 = Uint8Array.of(0xed, 0x01);
const KEY_BYTES = 32;

/** The Ed25519 key that a `did:key` is, 32 bytes (W3C CCG did:key). @throws when it is none */
export function keyBytesOf(did: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(base58btc.decode(did.replace(/^did:key:/, '')));
  const isEd25519 = ED25519.every((byte, at) => bytes[at] === byte);
  if (!did.startsWith('did:key:') || !isEd25519 || bytes.length !== ED25519.length + KEY_BYTES) throw new Error(`${did} is not the did:key of an Ed25519 key`);
  return bytes.subarray(ED25519.length);
}
