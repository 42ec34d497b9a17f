import { randomBytes } from 'node:crypto';
import type { types } from 'mediasoup';
import { write } from 'sdp-transform';
import type { MediaDescription, SessionDescription } from 'sdp-transform';
import { inactiveMedia, receivedMedia, rejectedMedia, sentMedia } from './answer-media.js';
import type { Offer } from './offer.js';
import type { OfferedMedia } from './offered-media.js';
import type { Seats } from './viewer-wish.js';

/** Our end of the transport, in mediasoup's words. */
export interface AnsweringTransport {
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  dtlsParameters: types.DtlsParameters;
}

export interface SentStream {
  kind: types.MediaKind;
  rtpParameters: types.RtpParameters;
}

export interface AnswerOptions {
  offer: Offer;
  seats: Seats;
  transport: AnsweringTransport;
  streams: SentStream[];
  /** Up to 19 digits that name the session in o= (RFC 8866 §5.2). */
  originId: string;
}

export interface Answer {
  sdp: string;
  /** The m-line that carries the transport, its mid, and the mids that are bundled with it: what an ICE restart is about. */
  carrier: { line: string; mid: string | undefined; bundle: string[] };
}

/**
 * The answer to a viewer (RFC 9429 §5.3.1): m-lines in the offer's order, ICE lite, every candidate. What is not sent is
 * rejected with port 0, except on the m-line that carries the transport of the bundle: some clients lose it with that.
 */
export function writeAnswer({ offer, seats, transport, streams, originId }: AnswerOptions): Answer {
  const streamOf = (media: OfferedMedia): SentStream | undefined =>
    streams.find(({ kind }) => kind === media.kind && seats[kind] === media);
  return writeSections({
    offer, transport, originId,
    useOf: (media) => {
      const stream = streamOf(media);
      return stream && sentMedia(media, stream.rtpParameters);
    },
    isIdle: ({ direction }) => direction === 'sendonly' || direction === 'inactive',
  });
}

export interface PublisherAnswerOptions extends Pick<AnswerOptions, 'offer' | 'transport' | 'originId'> {
  /** The m-lines that are taken, and what is to be sent on each. */
  tracks: { media: OfferedMedia; rtpParameters: types.RtpParameters }[];
}

/** The answer to a publisher: as {@link writeAnswer}, with what we receive (RFC 9725 §4.2). */
export function writePublisherAnswer({ offer, tracks, transport, originId }: PublisherAnswerOptions): Answer {
  return writeSections({
    offer, transport, originId,
    useOf: (media) => {
      const track = tracks.find((one) => one.media === media);
      return track && receivedMedia(media, track.rtpParameters);
    },
    isIdle: ({ direction }) => direction === 'recvonly' || direction === 'inactive',
  });
}

/** A number of 62 bits: RFC 9429 §5.2.1 asks for one whose highest bit is clear. */
export function newOriginId(): string {
  return (randomBytes(8).readBigUInt64BE() >> 2n).toString();
}

interface SectionsOptions extends Pick<AnswerOptions, 'offer' | 'transport' | 'originId'> {
  /** The section of an m-line that is used; undefined for others. */
  useOf: (media: OfferedMedia) => MediaDescription | undefined;
  /** Whether the client wants nothing of us on this m-line: then it stays, unused. */
  isIdle: (media: OfferedMedia) => boolean;
}

function writeSections({ offer, transport, originId, useOf, isIdle }: SectionsOptions): Answer {
  const [carrier] = offer.bundled;
  const isTaken = (media: OfferedMedia): boolean =>
    media === carrier || useOf(media) !== undefined || (offer.bundled.includes(media) && isIdle(media));
  const bundle = offer.bundled.filter(isTaken).flatMap(({ mid }) => mid ?? []);
  const sections = offer.media.map((media) => {
    if (!isTaken(media)) return rejectedMedia(media);
    return { ...(useOf(media) ?? inactiveMedia(media)), ...transportLines(offer, transport), ...(media === carrier ? candidateLines(transport) : {}) };
  });
  const { type, port, protocol, payloads } = sections[carrier === undefined ? 0 : offer.media.indexOf(carrier)] ?? {};
  return {
    sdp: write({ ...sessionLines(offer, bundle, originId), media: sections }),
    carrier: { line: `m=${type} ${port} ${protocol} ${payloads}`, mid: carrier?.mid, bundle },
  };
}

function sessionLines(offer: Offer, bundle: string[], originId: string): Omit<SessionDescription, 'media'> {
  return {
    version: 0,
    origin: { username: '-', sessionId: originId, sessionVersion: 1, netType: 'IN', ipVer: 4, address: '127.0.0.1' },
    name: '-',
    timing: { start: 0, stop: 0 },
    icelite: 'ice-lite',
    iceOptions: 'trickle',
    msidSemantic: { semantic: 'WMS', token: '*' },
    ...(bundle.length > 0 ? { groups: [{ type: 'BUNDLE', mids: bundle.join(' ') }] } : {}),
    ...(offer.allowsMixedExtensions ? { extmapAllowMixed: 'extmap-allow-mixed' as const } : {}),
  };
}

function transportLines(offer: Offer, { iceParameters, dtlsParameters }: AnsweringTransport): Partial<MediaDescription> {
  const { fingerprints } = dtlsParameters;
  const own = fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0];
  return {
    iceUfrag: iceParameters.usernameFragment,
    icePwd: iceParameters.password,
    ...(own && { fingerprint: { type: own.algorithm, hash: own.value } }),
    setup: offer.dtlsParameters.role === 'client' ? 'passive' : 'active',
  };
}

/** Only the m-line that carries the bundle names them (RFC 9143 §7.3.3). */
function candidateLines({ iceCandidates }: AnsweringTransport): Partial<MediaDescription> {
  return { candidates: iceCandidates.map(candidateOf), endOfCandidates: 'end-of-candidates' };
}

function candidateOf(candidate: types.IceCandidate): NonNullable<MediaDescription['candidates']>[number] {
  const { foundation, priority, address, protocol, port, type, tcpType } = candidate;
  return { foundation, component: 1, transport: protocol, priority, ip: address, port, type, ...(tcpType && { tcptype: tcpType }) };
}
