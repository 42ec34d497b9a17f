import type { types } from 'mediasoup';
import { OfferRefused } from '../errors.js';
import type { Offer } from './offer.js';
import type { OfferedMedia } from './offered-media.js';

/** The m-lines on which a viewer takes picture and sound: at most one each (draft-ietf-wish-whep, "Single MediaStream"). */
export type Seats = Partial<Record<types.MediaKind, OfferedMedia>>;

/** @throws {OfferRefused} with the first reason, when the offer has no m-line that can be played on. */
export function findSeats(offer: Offer): Seats {
  const open = offer.bundled.filter(({ direction }) => direction === 'recvonly' || direction === 'sendrecv');
  const [video, audio] = (['video', 'audio'] as const).map((kind) => open.find((media) => media.kind === kind));
  if (video === undefined && audio === undefined) throw new OfferRefused(`nothing can be played on this offer: ${reasonOf(offer)}`);
  return { ...(video && { video }), ...(audio && { audio }) };
}

function reasonOf(offer: Offer): string {
  const defect = offer.media.find(({ defect }) => defect !== undefined)?.defect;
  return defect ?? 'it asks to receive neither picture nor sound (a=recvonly)';
}

/** What a viewer can take, in the words of mediasoup; payload types are the viewer's own, and header extensions are not used towards it. */
export function rtpCapabilitiesOf(seats: Seats): types.RtpCapabilities {
  return { codecs: [seats.video, seats.audio].flatMap((media) => media?.codecs ?? []) };
}
