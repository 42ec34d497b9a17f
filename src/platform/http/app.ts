import express from 'express';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Log } from '../log.js';
import { notFound, problemHandler } from './problem.js';

export interface Mount {
  path: string;
  handler: RequestHandler;
}

export interface HttpAppOptions {
  /** Number of proxies in front whose X-Forwarded-* is believed. */
  trustProxy: number;
  /** Come first and set all their headers themselves: what is fetched often, or from other sites. */
  bare?: Mount[];
  /** Get the security headers; under `/api` also a parsed JSON body. */
  routes: Mount[];
  /** Other sites that pages may fetch from. */
  pagesMayFetch?: string[];
  log: Log;
}

const JSON_LIMIT = '64kb';

/** The Express application: mounts in order, then 404 and errors as problem+json. */
export function createHttpApp(options: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', options.trustProxy);
  mountAll(app, options.bare ?? []);
  app.use(securityHeaders(options.pagesMayFetch ?? []));
  app.use('/api', noStore, express.json({ limit: JSON_LIMIT }));
  mountAll(app, options.routes);
  app.use(notFound());
  app.use(problemHandler({ log: options.log }));
  return app;
}

function mountAll(app: Express, mounts: Mount[]): void {
  for (const { path, handler } of mounts) app.use(path, handler);
}

/** Answers of the API are about one caller at one moment. A route may set another value. */
const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

function securityHeaders(pagesMayFetch: string[]): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'"],
        // Media Chrome's elements put <style> into their shadow roots; without this the player has no layout.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:', 'blob:'],
        'media-src': ["'self'", 'blob:'], // Media Source Extensions play from a blob: address
        'worker-src': ["'self'", 'blob:'], // hls.js starts its demuxer's worker from one
        'connect-src': ["'self'", 'ws:', 'wss:', ...pagesMayFetch], // Safari before 15.4 does not count WebSockets to 'self'
        'object-src': ["'none'"],
        'base-uri': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    // Without subdomains: they may be other people's sites. Browsers heed it over https only.
    strictTransportSecurity: { maxAge: 180 * 86_400, includeSubDomains: false },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
  });
}
