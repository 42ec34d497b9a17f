import { SessionUnknown, WebRtcUnavailable } from '../errors.js';
import { Session } from '../http/session.js';
import { newOriginId, writeAnswer } from '../sdp/answer.js';
import { parseOffer } from '../sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../sdp/viewer-wish.js';
import type { Audience, ViewerWish } from './audience.js';

/** The sessions that run; as many as the audience has let in, and none longer than its seat. */
export class WhepSessions {
  readonly #audience: Audience;
  readonly #sessions = new Map<string, { slug: string; session: Session }>();

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  /**
   * Answers an offer.
   * @throws {OfferInvalid} {@link OfferRefused}, and what {@link Audience.admit} throws.
   */
  async open(slug: string, sdp: string, client: ViewerWish['client']): Promise<{ session: Session; answer: string }> {
    const offer = parseOffer(sdp);
    const seats = findSeats(offer);
    const kinds = (['video', 'audio'] as const).filter((kind) => seats[kind] !== undefined);
    const seat = await this.#audience.admit(slug, { rtpCapabilities: rtpCapabilitiesOf(seats), kinds, client });
    try {
      const answer = writeAnswer({ offer, seats, transport: seat, streams: seat.consumers, originId: newOriginId() });
      const session = new Session({ transport: seat, carrier: answer.carrier, ice: offer.ice, onClose: () => seat.close() });
      this.#sessions.set(session.id, { slug, session });
      seat.on('closed', () => this.#sessions.delete(session.id));
      await seat.connect(offer.dtlsParameters);
      if (session.isClosed) throw new WebRtcUnavailable('the stream stopped while the session was made', { retryAfterSec: 1 });
      return { session, answer: answer.sdp };
    } catch (error) {
      seat.close();
      throw error;
    }
  }

  /** @throws {SessionUnknown} */
  get(slug: string, id: string): Session {
    const found = this.#sessions.get(id);
    if (found === undefined || found.slug !== slug) throw new SessionUnknown();
    return found.session;
  }
}
