import express, { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { AddressLimiter } from '../../platform/index.js';
import { BodyTypeRefused, MethodRefused, OfferMissing } from '../errors.js';
import type { Audience, IceServer } from './audience.js';
import { iceLinks } from './ice-links.js';
import { WhepSessions } from './whep-sessions.js';

export interface WhepRoutesOptions {
  audience: Audience;
  corsOrigin: string;
  /** Asked anew for each answer: credentials of TURN servers last for a time only. */
  iceServers: () => IceServer[];
  /** Sessions that one address (IPv6: one /64) may ask for in ten seconds. */
  joinsPer10Sec?: number;
}

const OFFER_TYPE = 'application/sdp';
const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';
const MAX_OFFER = '64kb';
const MAX_FRAGMENT = '16kb';
const LIMIT_WINDOW_SEC = 10;
/** One page asks once; a school behind one address asks at once when a lesson begins. */
const JOINS = 60;
/** A client tells of its candidates one by one at worst. */
const PATCHES = 300;
const ENDPOINT_METHODS = 'GET, HEAD, OPTIONS, POST';
const SESSION_METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH';
const PREFLIGHT_SEC = '86400';

/**
 * WHEP: POST an offer to /whep/<slug>, DELETE or PATCH the session that Location names (draft-ietf-wish-whep; the
 * rules that it shares with WHIP are RFC 9725's). No session outlives the seat that the audience gave it.
 */
export function whepRoutes(options: WhepRoutesOptions): Router {
  const sessions = new WhepSessions(options.audience);
  const joins = new AddressLimiter({ attempts: options.joinsPer10Sec ?? JOINS, windowSec: LIMIT_WINDOW_SEC });
  const patches = new AddressLimiter({ attempts: PATCHES, windowSec: LIMIT_WINDOW_SEC });
  const router = Router({ caseSensitive: true });
  router.use('/whep', (_request, response, next) => {
    allowOrigin(response, options.corsOrigin);
    next();
  });
  router.route('/whep/:slug')
    .options((_request, response) => {
      response.set({ Allow: ENDPOINT_METHODS, 'Accept-Post': OFFER_TYPE });
      sendLinks(response, options.iceServers());
      response.status(200).end();
    })
    .get(nothingHere)
    .post(takeTurn(joins), requireType(OFFER_TYPE), readText(OFFER_TYPE, MAX_OFFER), async (request, response) => {
      const slug = request.params.slug.toLowerCase();
      const { session, answer } = await sessions.open(slug, offerOf(request), { ip: request.ip, userAgent: request.get('user-agent') });
      if (response.destroyed) return session.close(); // nobody is left who could play it, or end it
      sendLinks(response, options.iceServers());
      response.set({ Location: `/whep/${encodeURIComponent(slug)}/${session.id}`, ETag: session.etag, 'Accept-Patch': FRAGMENT_TYPE });
      sendText(response, 201, OFFER_TYPE, answer);
    })
    .all(refuseMethod(ENDPOINT_METHODS));
  router.route('/whep/:slug/:session')
    .options((_request, response) => {
      response.set({ Allow: SESSION_METHODS, 'Accept-Patch': FRAGMENT_TYPE }).status(200).end();
    })
    .get(nothingHere)
    .patch(takeTurn(patches), requireType(FRAGMENT_TYPE), readText(FRAGMENT_TYPE, MAX_FRAGMENT), async (request, response) => {
      const session = sessions.get(request.params.slug.toLowerCase(), request.params.session);
      const restarted = await session.patch(textOf(request), request.get('if-match'));
      if (restarted === undefined) return void response.status(204).end();
      response.set('ETag', restarted.etag);
      sendText(response, 200, FRAGMENT_TYPE, restarted.fragment);
    })
    .delete((request, response) => {
      sessions.get(request.params.slug.toLowerCase(), request.params.session).close();
      response.status(200).end();
    })
    .all(refuseMethod(SESSION_METHODS));
  return router;
}

function allowOrigin(response: Response, origin: string): void {
  response.set({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': 'DELETE, GET, HEAD, OPTIONS, PATCH, POST',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
    'Access-Control-Expose-Headers': 'Accept-Patch, ETag, Link, Location, Retry-After',
    'Access-Control-Max-Age': PREFLIGHT_SEC,
    'Cross-Origin-Resource-Policy': origin === '*' ? 'cross-origin' : 'same-site',
    'Cache-Control': 'no-store',
  });
}

/** RFC 9725 §4.1: neither an endpoint nor a session has a representation, so a GET succeeds without one. */
const nothingHere: RequestHandler = (_request, response) => {
  response.status(204).end();
};

function refuseMethod(allowed: string): RequestHandler {
  return (request, response, next) => {
    response.set('Allow', allowed);
    next(new MethodRefused(request.method, allowed));
  };
}

function takeTurn(limiter: AddressLimiter): RequestHandler {
  return async (request, _response, next) => {
    await limiter.take(request.ip);
    next();
  };
}

/** An empty request passes: what it lacks is not the type. */
function requireType(type: string): RequestHandler {
  return (request, _response, next) => {
    const isEmpty = request.get('content-length') === '0';
    next(request.is(type) === false && !isEmpty ? new BodyTypeRefused(type) : undefined);
  };
}

/** Uncompressed only: SDP is small, and what unpacks is not. */
function readText(type: string, limit: string): RequestHandler {
  return express.text({ type, limit, inflate: false });
}

/** @throws {OfferMissing} */
function offerOf(request: Request): string {
  const text = textOf(request);
  if (text === '') throw new OfferMissing();
  return text;
}

function textOf(request: Pick<Request, 'body'>): string {
  const body: unknown = request.body;
  return typeof body === 'string' ? body : '';
}

function sendLinks(response: Response, servers: IceServer[]): void {
  const links = iceLinks(servers);
  if (links.length > 0) response.setHeader('Link', links);
}

/** Not by `send`, which adds a charset: some clients compare the type as it is written. */
function sendText(response: Response, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.status(status).set({ 'Content-Type': type, 'Content-Length': String(body.length) });
  response.end(body);
}
