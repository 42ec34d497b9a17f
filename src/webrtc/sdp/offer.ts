import type { types } from 'mediasoup';
import { OfferInvalid } from '../errors.js';
import { readDescription } from './description.js';
import type { DescribedMedia, Description } from './description.js';
import { readMedia } from './offered-media.js';
import type { OfferedMedia } from './offered-media.js';

/** What a browser, an encoder or a player offers: pure data, checked. */
export interface Offer {
  media: OfferedMedia[];
  /** The m-lines that share one transport, or the one m-line of a client that bundles nothing. */
  bundled: OfferedMedia[];
  ice: IceCredentials;
  /** The client's certificate, and the DTLS role that our answer leaves to it. */
  dtlsParameters: types.DtlsParameters;
  allowsMixedExtensions: boolean;
}

export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

/** Bytes of each hash that still proves a certificate; MD5 and SHA-1 no longer do (RFC 8122 §5). */
const HASH_BYTES = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 } as const;

/**
 * Reads an offer (RFC 8866, RFC 9429 §5.2.1).
 * @throws {OfferInvalid} when it breaks its grammar or our bounds, or proves no certificate that counts.
 */
export function parseOffer(sdp: string): Offer {
  const description = readDescription(sdp);
  if (description.version === undefined || description.origin === undefined) throw new OfferInvalid('an offer starts with v=0 and o=');
  if (description.media.length === 0) throw new OfferInvalid('the offer has no m-line');
  const media = description.media.map((one) => readMedia(one, description.direction));
  refuseDoubles(media);
  const bundled = bundleOf(description, media);
  // The first of a bundle carries the transport (RFC 9143 §7.2); its own lines win over those of the session.
  const carrier = description.media[bundled[0] === undefined ? 0 : media.indexOf(bundled[0])];
  return {
    media,
    bundled,
    ice: readIce(carrier, description),
    dtlsParameters: { role: readRole(carrier?.setup ?? description.setup), fingerprints: [readFingerprint(carrier, description)] },
    allowsMixedExtensions: description.extmapAllowMixed !== undefined,
  };
}

/** @throws {OfferInvalid} */
export function checkIce(ufrag: string | undefined, pwd: string | undefined): IceCredentials {
  // RFC 8839 §5.4: ice-char, 4 to 256 and 22 to 256 of them.
  if (ufrag === undefined || !/^[\w+/-]{4,256}$/.test(ufrag)) throw new OfferInvalid('a=ice-ufrag must have 4 to 256 ICE characters');
  if (pwd === undefined || !/^[\w+/-]{22,256}$/.test(pwd)) throw new OfferInvalid('a=ice-pwd must have 22 to 256 ICE characters');
  return { ufrag, pwd };
}

function readIce(media: DescribedMedia | undefined, session: Description): IceCredentials {
  return checkIce(media?.iceUfrag ?? session.iceUfrag, media?.icePwd ?? session.icePwd);
}

/** The client speaks first unless it will not: one exchange less for it to wait for. */
function readRole(setup = 'actpass'): types.DtlsRole {
  if (setup === 'actpass' || setup === 'active') return 'client';
  if (setup === 'passive') return 'server';
  throw new OfferInvalid(`a=setup:${setup} opens no DTLS: offer actpass, active or passive`);
}

function readFingerprint(media: DescribedMedia | undefined, session: Description): types.DtlsFingerprint {
  const given = media?.fingerprint ?? session.fingerprint;
  if (given === undefined) throw new OfferInvalid('a=fingerprint is missing: WebRTC needs DTLS');
  const algorithm = given.type.toLowerCase();
  if (!isStrongHash(algorithm)) throw new OfferInvalid(`a=fingerprint with ${given.type} is refused: use sha-256, sha-384 or sha-512`);
  const value = given.hash.toUpperCase();
  if (!/^[0-9A-F]{2}(?::[0-9A-F]{2})*$/.test(value) || value.split(':').length !== HASH_BYTES[algorithm]) throw new OfferInvalid(`a=fingerprint:${algorithm} must have ${HASH_BYTES[algorithm]} bytes`);
  return { algorithm, value };
}

function isStrongHash(algorithm: string): algorithm is keyof typeof HASH_BYTES {
  return Object.hasOwn(HASH_BYTES, algorithm);
}

/**
 * Of a client that bundles nothing, the picture is taken, or else the first that can be used: one client has one
 * transport here. A group of mids that no usable m-line bears counts as none.
 */
function bundleOf(description: Description, media: OfferedMedia[]): OfferedMedia[] {
  const mids = description.groups.find(({ type }) => type === 'BUNDLE')?.mids.split(' ') ?? [];
  const usable = media.filter(({ defect }) => defect === undefined);
  const bundled = mids.flatMap((mid) => usable.filter((one) => one.mid === mid));
  if (bundled.length > 0) return [...new Set(bundled)];
  return [usable.find(({ kind }) => kind === 'video') ?? usable[0]].filter((one) => one !== undefined);
}

function refuseDoubles(media: OfferedMedia[]): void {
  const mids = media.flatMap(({ mid }) => mid ?? []);
  if (new Set(mids).size < mids.length) throw new OfferInvalid('two m-lines have the same a=mid');
}
