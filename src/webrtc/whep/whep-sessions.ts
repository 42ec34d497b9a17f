import { randomBytes } from 'node:crypto';
import { SessionUnknown, WebRtcUnavailable } from '../errors.js';
import { writeAnswer } from '../sdp/answer.js';
import { parseOffer } from '../sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../sdp/viewer-wish.js';
import type { Audience, ViewerWish } from './audience.js';
import { WhepSession } from './whep-session.js';

/** The sessions that run; as many as the audience has let in, and none longer than its seat. */
export class WhepSessions {
  readonly #audience: Audience;
  readonly #sessions = new Map<string, WhepSession>();

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  /**
   * Answers an offer.
   * @throws {OfferInvalid} {@link OfferRefused}, and what {@link Audience.admit} throws.
   */
  async open(slug: string, sdp: string, client: ViewerWish['client']): Promise<{ session: WhepSession; answer: string }> {
    const offer = parseOffer(sdp);
    const seats = findSeats(offer);
    const kinds = (['video', 'audio'] as const).filter((kind) => seats[kind] !== undefined);
    const seat = await this.#audience.admit(slug, { rtpCapabilities: rtpCapabilitiesOf(seats), kinds, client });
    try {
      const answer = writeAnswer({ offer, seats, transport: seat, streams: seat.consumers, originId: newOriginId() });
      const session = new WhepSession({ slug, seat, carrier: answer.carrier, ice: offer.ice });
      this.#sessions.set(session.id, session);
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
  get(slug: string, id: string): WhepSession {
    const session = this.#sessions.get(id);
    if (session === undefined || session.slug !== slug) throw new SessionUnknown();
    return session;
  }
}

/** A number of 62 bits: RFC 9429 §5.2.1 asks for one whose highest bit is clear. */
function newOriginId(): string {
  return (randomBytes(8).readBigUInt64BE() >> 2n).toString();
}
