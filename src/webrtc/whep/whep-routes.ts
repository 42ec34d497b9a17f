import { Router } from 'express';
import { AddressLimiter } from '../../platform/index.js';
import type { IceServer } from '../http/ice-links.js';
import { allowOrigin, answerEndpointOptions, answerSessionOptions, ENDPOINT_METHODS, nothingHere, offerOf, patchSession, readFragment, readOffer, refuseMethod, sendAnswer, SESSION_METHODS, takeTurn } from '../http/exchange.js';
import type { Audience } from './audience.js';
import { WhepSessions } from './whep-sessions.js';

export interface WhepRoutesOptions {
  audience: Audience;
  corsOrigin: string;
  /** Asked anew for each answer: credentials of TURN servers last for a time only. */
  iceServers: () => IceServer[];
  /** Sessions and preflights, both of which hand out credentials, that one address (IPv6: one /64) may ask for in ten seconds. */
  joinsPer10Sec?: number;
}

const LIMIT_WINDOW_SEC = 10;
/** One page asks once; a school behind one address asks at once when a lesson begins. */
const JOINS = 60;
/** A client tells of its candidates one by one at worst. */
const PATCHES = 300;

/**
 * WHEP: POST an offer to /whep/<slug>, DELETE or PATCH the session that Location names (draft-ietf-wish-whep; the
 * rules that it shares with WHIP are RFC 9725's). No session outlives the seat that the audience gave it.
 */
export function whepRoutes(options: WhepRoutesOptions): Router {
  const sessions = new WhepSessions(options.audience);
  const joins = new AddressLimiter({ attempts: options.joinsPer10Sec ?? JOINS, windowSec: LIMIT_WINDOW_SEC });
  const patches = new AddressLimiter({ attempts: PATCHES, windowSec: LIMIT_WINDOW_SEC });
  const router = Router({ caseSensitive: true });
  router.use('/whep', allowOrigin(options.corsOrigin));
  router.route('/whep/:slug')
    .options(takeTurn(joins), (_request, response) => answerEndpointOptions(response, options.iceServers()))
    .get(nothingHere)
    .post(takeTurn(joins), ...readOffer(), async (request, response) => {
      const slug = request.params.slug.toLowerCase();
      const { session, answer } = await sessions.open(slug, offerOf(request), { ip: request.ip, userAgent: request.get('user-agent') });
      if (response.destroyed) return session.close(); // nobody is left who could play it, or end it
      sendAnswer(response, { session, answer, location: `/whep/${encodeURIComponent(slug)}/${session.id}`, servers: options.iceServers() });
    })
    .all(refuseMethod(ENDPOINT_METHODS));
  router.route('/whep/:slug/:session')
    .options((_request, response) => answerSessionOptions(response))
    .get(nothingHere)
    .patch(takeTurn(patches), ...readFragment(), (request, response) => patchSession(sessions.get(request.params.slug.toLowerCase(), request.params.session), request, response))
    .delete((request, response) => {
      sessions.get(request.params.slug.toLowerCase(), request.params.session).close();
      response.status(200).end();
    })
    .all(refuseMethod(SESSION_METHODS));
  return router;
}
