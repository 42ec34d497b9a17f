import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Unauthenticated } from './errors.js';

const ISSUER = 'tidemark';
const AUDIENCE = 'tidemark-api';
const ALGORITHM = 'HS256';

const claims = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.int() });

/** Signs and checks access tokens: JWT (RFC 7519), one pinned algorithm. */
export class AccessTokens {
  readonly #secret: string;
  readonly lifeSec: number;

  constructor(options: { secret: string; lifeSec: number }) {
    this.#secret = options.secret;
    this.lifeSec = options.lifeSec;
  }

  sign(token: { userId: string; sessionId: string }): string {
    return jwt.sign({ sid: token.sessionId }, this.#secret, {
      algorithm: ALGORITHM, issuer: ISSUER, audience: AUDIENCE, subject: token.userId, expiresIn: this.lifeSec,
    });
  }

  /** @throws {Unauthenticated} when it is not ours or has expired. */
  verify(text: string): { userId: string; sessionId: string; expiresAt: Date } {
    try {
      const payload: unknown = jwt.verify(text, this.#secret, { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE });
      const { sub, sid, exp } = claims.parse(payload);
      return { userId: sub, sessionId: sid, expiresAt: new Date(exp * 1000) };
    } catch {
      throw new Unauthenticated('the access token is not valid, or has expired');
    }
  }
}
