import type { types } from 'mediasoup';
import { OfferRefused } from '../errors.js';
import type { Offer } from './offer.js';
import type { OfferedMedia } from './offered-media.js';

/** The m-lines on which a viewer takes picture and sound: at most one each (draft-ietf-wish-whep, "Single MediaStream"). */
export type Seats = Partial<Record<types.MediaKind, OfferedMedia>>;

/**
 * What may be used towards a viewer. The mid is left out: answers name every SSRC, so it would only make each packet
 * longer; a rid names what a client sends.
 */
const USED_EXTENSIONS: readonly types.RtpHeaderExtensionUri[] = [
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'urn:ietf:params:rtp-hdrext:toffset',
];
/** RFC 8285 §4.2: what fits the one-byte form, which every client reads. */
const MAX_EXTENSION_ID = 14;

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

/** What a viewer can take, in the words of mediasoup: payload types and extension ids are the viewer's own. */
export function rtpCapabilitiesOf(seats: Seats): types.RtpCapabilities {
  const media = [seats.video, seats.audio].filter((one) => one !== undefined);
  return {
    codecs: media.flatMap(({ codecs }) => codecs),
    headerExtensions: media.flatMap(extensionsOf),
  };
}

function extensionsOf({ kind, headerExtensions }: OfferedMedia): types.RtpHeaderExtension[] {
  if (kind === undefined) return [];
  return headerExtensions.flatMap(({ id, uri, direction }) => {
    const used = USED_EXTENSIONS.find((one) => one === uri);
    const canReceive = direction === 'sendrecv' || direction === 'recvonly';
    return used !== undefined && canReceive && id >= 1 && id <= MAX_EXTENSION_ID ? [{ kind, uri: used, preferredId: id }] : [];
  });
}
