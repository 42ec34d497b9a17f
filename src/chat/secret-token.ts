import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const RANDOM_BYTES = 24;

/** A new secret that is shown once. The prefix lets people and secret scanners see what it is. */
export function makeToken(prefix: string): { token: string; hash: string } {
  const token = prefix + randomBytes(RANDOM_BYTES).toString('base64url');
  return { token, hash: hashToken(token) };
}

/** Whether it looks like one of these; what does not costs no query. */
export function isToken(prefix: string, text: string): boolean {
  return text.startsWith(prefix) && /^[A-Za-z0-9_-]{32}$/.test(text.slice(prefix.length));
}

/** Nothing can be guessed of 192 random bits, so a slow hash would only slow down those who hold one. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** In constant time. */
export function isSameHash(hash: string, stored: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(stored, 'hex'));
}
