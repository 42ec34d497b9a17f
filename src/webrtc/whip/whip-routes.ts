import { Router } from 'express';
import type { Request, RequestHandler } from 'express';
import { AddressLimiter } from '../../platform/index.js';
import { StreamKeyMissing } from '../errors.js';
import { allowOrigin, answerEndpointOptions, answerSessionOptions, ENDPOINT_METHODS, nothingHere, offerOf, patchSession, readFragment, readOffer, refuseMethod, sendAnswer, SESSION_METHODS, takeTurn } from '../http/exchange.js';
import type { IceServer } from '../http/ice-links.js';
import type { WhipSessions } from './whip-sessions.js';

export interface WhipRoutesOptions {
  sessions: WhipSessions;
  corsOrigin: string;
  /** Asked anew for each answer: credentials of TURN servers last for a time only. */
  iceServers: () => IceServer[];
  /** Sessions and preflights, both of which hand out credentials, that one address (IPv6: one /64) may ask for in ten seconds. */
  offersPer10Sec?: number;
}

const LIMIT_WINDOW_SEC = 10;
/** An encoder that reconnects as fast as it can stays below. */
const OFFERS = 30;
const PATCHES = 300;
const MAX_KEY_LENGTH = 256;
const MAX_ENCODER_LENGTH = 200;

/** WHIP (RFC 9725): POST an offer to /whip with the stream key as bearer token, DELETE or PATCH the session that Location names. */
export function whipRoutes({ sessions, corsOrigin, iceServers, offersPer10Sec = OFFERS }: WhipRoutesOptions): Router {
  const offers = new AddressLimiter({ attempts: offersPer10Sec, windowSec: LIMIT_WINDOW_SEC });
  const patches = new AddressLimiter({ attempts: PATCHES, windowSec: LIMIT_WINDOW_SEC });
  const router = Router({ caseSensitive: true });
  router.use('/whip', allowOrigin(corsOrigin));
  router.route('/whip')
    .options(takeTurn(offers), (_request, response) => answerEndpointOptions(response, iceServers()))
    .get(nothingHere)
    .post(takeTurn(offers), requireKey, ...readOffer(), async (request, response) => {
      const { session, answer } = await sessions.open(keyOf(request), offerOf(request), { address: request.ip ?? '', userAgent: (request.get('user-agent') ?? '').slice(0, MAX_ENCODER_LENGTH) });
      sendAnswer(response, { session, answer, location: `/whip/${session.id}`, servers: iceServers() });
    })
    .all(refuseMethod(ENDPOINT_METHODS));
  router.route('/whip/:session')
    .options((_request, response) => answerSessionOptions(response))
    .get(nothingHere)
    .patch(takeTurn(patches), ...readFragment(), (request, response) => patchSession(sessions.get(request.params.session), request, response))
    .delete((request, response) => {
      sessions.end(request.params.session);
      response.status(200).end();
    })
    .all(refuseMethod(SESSION_METHODS));
  return router;
}

const requireKey: RequestHandler = (request, _response, next) => {
  next(keyOf(request) === '' ? new StreamKeyMissing() : undefined);
};

/** RFC 6750 §2.1. */
function keyOf(request: Pick<Request, 'get'>): string {
  const key = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
  return key.slice(0, MAX_KEY_LENGTH);
}
