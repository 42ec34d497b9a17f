import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
export const ARCHIVE_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a file of a broadcast (AES-256-GCM under a key of its own, HKDF with its name). The same file gives the same bytes
 * each time: the nonce comes from what is in it. Gives nonce, ciphertext, tag.
 * @param key of the broadcast, 32 bytes
 */
export function encryptFile(key: Uint8Array, name: string, data: Uint8Array): Buffer {
  const nonce = createHmac('sha256', derived(key, `nonce ${name}`)).update(data).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, derived(key, `file ${name}`), nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when it is not what `encryptFile` made of a file of this name under this key */
export function decryptFile(key: Uint8Array, name: string, sealed: Uint8Array): Buffer {
  // A tag that is cut short would be taken for a short one, which is soon guessed.
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error(`${name} is too short for what is encrypted`);
  const decipher = createDecipheriv(CIPHER, derived(key, `file ${name}`), sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

function derived(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `tidemark archive ${purpose}`, ARCHIVE_KEY_BYTES));
}
