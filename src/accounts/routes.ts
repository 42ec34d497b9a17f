import { parseCookie } from 'cookie';
import { Router } from 'express';
import type { CookieOptions, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { AddressLimiter, parseBody } from '../platform/index.js';
import type { Accounts, SignIn } from './accounts.js';
import type { AccountsConfig } from './config.js';
import { CrossSiteRefused, SessionEnded } from './errors.js';
import { usernameSchema } from './username.js';

const COOKIE = 'tidemark_refresh';
const COOKIE_PATH = '/api/v1/auth';
const ATTEMPTS_WINDOW_SEC = 15 * 60;

const registration = z.strictObject({
  username: usernameSchema,
  email: z.string().trim().max(254).pipe(z.email('must be an email address')),
  password: z.string().min(10, 'must have at least 10 characters').max(200, 'must have at most 200 characters'),
});

const name = z.string().trim().min(1).max(254).regex(/^\P{Cc}*$/u, 'must be plain text').optional();
const credentials = z
  .strictObject({ login: name, username: name, email: name, password: z.string().min(1).max(200) })
  .transform(({ login, username, email, password }) => ({ login: login ?? username ?? email ?? '', password }))
  .refine(({ login }) => login !== '', { path: ['login'], message: 'is missing: send login, username or email' });

/** `/auth/*`: register, login, refresh, logout, me. */
export function accountsRoutes(options: { accounts: Accounts; config: Pick<AccountsConfig, 'attemptsPer15Min'> }): Router {
  const { accounts } = options;
  const limiter = new AddressLimiter({ attempts: options.config.attemptsPer15Min, windowSec: ATTEMPTS_WINDOW_SEC });
  const router = Router();
  router.post('/auth/register', async (request, response) => {
    const account = parseBody(registration, request);
    await limiter.take(request.ip);
    send(request, response.status(201), await accounts.register(account));
  });
  router.post('/auth/login', async (request, response) => {
    const login = parseBody(credentials, request);
    await limiter.take(request.ip);
    send(request, response, await accounts.login(login));
  });
  router.post('/auth/refresh', refuseCrossSite, async (request, response) => {
    send(request, response, await refresh(accounts, request, response));
  });
  router.post('/auth/logout', refuseCrossSite, async (request, response) => {
    await accounts.logout(tokenOf(request) ?? '');
    response.clearCookie(COOKIE, cookieOptions(request)).status(204).end();
  });
  router.get('/auth/me', async (request, response) => {
    response.json({ user: await accounts.user(request) });
  });
  return router;
}

async function refresh(accounts: Accounts, request: Request, response: Response): Promise<SignIn> {
  try {
    return await accounts.refresh(tokenOf(request) ?? '');
  } catch (error) {
    if (error instanceof SessionEnded) response.clearCookie(COOKIE, cookieOptions(request));
    throw error;
  }
}

function send(request: Request, response: Response, signIn: SignIn): void {
  const { user, accessToken, expiresInSec, refresh } = signIn;
  if (refresh) response.cookie(COOKIE, refresh.token, { ...cookieOptions(request), expires: refresh.expiresAt });
  response.json({ user, accessToken, expiresInSec });
}

function cookieOptions(request: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure, path: COOKIE_PATH };
}

function tokenOf(request: Request): string | undefined {
  return parseCookie(request.headers.cookie ?? '')[COOKIE];
}

/** SameSite counts every port of a host as one site; this header tells another port's page from ours. */
const refuseCrossSite: RequestHandler = (request, _response, next) => {
  const from = request.get('Sec-Fetch-Site');
  next(from === undefined || from === 'same-origin' || from === 'none' ? undefined : new CrossSiteRefused());
};
