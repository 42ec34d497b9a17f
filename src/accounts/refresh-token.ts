import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { SessionRow } from './queries.js';

/** Time in which the token before the current one is still taken: two tabs of one browser refresh at once. */
export const REUSE_GRACE_MS = 10_000;

export interface RefreshToken {
  sessionId: string;
  /** 256 random bits, base64url. */
  secret: string;
}

const parts = z.tuple([z.uuid(), z.string().regex(/^[A-Za-z0-9_-]{43}$/)]);

export function makeRefreshToken(sessionId: string): RefreshToken {
  return { sessionId, secret: randomBytes(32).toString('base64url') };
}

export function refreshTokenText(token: RefreshToken): string {
  return `${token.sessionId}.${token.secret}`;
}

/** Undefined when the text was never a token of ours. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const { data } = parts.safeParse(text.split('.'));
  return data && { sessionId: data[0], secret: data[1] };
}

/** What is stored. SHA-256 is enough: the secret is random, so there is nothing to guess that a slow hash would protect. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * What a presented token means for its session: `current` may be exchanged; `previous` was exchanged a moment ago by the
 * same browser; `reused` is an older one, which only a copy can present; `expired` was not used for too long.
 */
export function judgeToken(session: SessionRow, secret: string, now: Date): 'current' | 'previous' | 'reused' | 'expired' {
  const hash = hashSecret(secret);
  if (session.expiresAt <= now) return 'expired';
  if (isSame(hash, session.tokenHash)) return 'current';
  const isInGrace = now.getTime() - session.rotatedAt.getTime() < REUSE_GRACE_MS;
  return isInGrace && session.previousHash !== null && isSame(hash, session.previousHash) ? 'previous' : 'reused';
}

function isSame(hash: string, stored: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(stored, 'hex'));
}
