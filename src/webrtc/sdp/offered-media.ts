import type { types } from 'mediasoup';
import { parseParams } from 'sdp-transform';
import { OfferInvalid } from '../errors.js';
import type { DescribedMedia } from './description.js';

export type Direction = 'sendrecv' | 'recvonly' | 'sendonly' | 'inactive';

/** One m-line of an offer, as the client sees it. */
export interface OfferedMedia {
  /** Undefined for what is neither picture nor sound, such as a data channel. */
  kind: types.MediaKind | undefined;
  /** The m-line as it came, for an answer that rejects it. */
  line: { type: string; protocol: string; payloads: string };
  mid: string | undefined;
  direction: Direction;
  /** In the client's order of preference, RTX and the like among them. */
  codecs: types.RtpCodecCapability[];
  headerExtensions: { id: number; uri: string; direction: Direction }[];
  /** What a client sends: one of each for every stream; RTX is the stream that repeats its losses. */
  ssrcs: { ssrc: number; rtxSsrc: number | undefined }[];
  /** Names of the simulcast layers that the client sends, in its order (RFC 8853 §5.2); which is the largest, it does not tell. */
  rids: string[];
  hasRtcpRsize: boolean;
  /** Why this m-line cannot be used at all, in plain words. */
  defect: string | undefined;
}

const PROTOCOLS = ['UDP/TLS/RTP/SAVPF', 'TCP/TLS/RTP/SAVPF', 'RTP/SAVPF'];
const MAX_FEEDBACKS = 16;
/** RFC 8851 §10, in the sixteen bytes that the extension has room for. */
const RID = /^\w{1,16}$/;
/** Compared as text elsewhere, and as likely as not to look like a number. */
const TEXT_PARAMETERS = new Set(['profile-level-id']);

/** @throws {OfferInvalid} for Plan B, where one m-line carries several tracks. */
export function readMedia(media: DescribedMedia, sessionDirection: Direction | undefined): OfferedMedia {
  const kind = media.type === 'video' || media.type === 'audio' ? media.type : undefined;
  const { type, protocol, payloads = '0' } = media;
  refusePlanB(media);
  const codecs = kind === undefined ? [] : readCodecs(media, kind);
  return {
    kind,
    line: { type, protocol, payloads },
    mid: media.mid,
    direction: media.direction ?? sessionDirection ?? 'sendrecv',
    codecs,
    headerExtensions: readExtensions(media),
    ssrcs: readSsrcs(media),
    rids: readRids(media),
    hasRtcpRsize: media.rtcpRsize !== undefined,
    defect: defectOf(media, codecs),
  };
}

function defectOf(media: DescribedMedia, codecs: types.RtpCodecCapability[]): string | undefined {
  const { type, protocol } = media;
  if (type !== 'video' && type !== 'audio') return `${type} is not streamed`;
  if (media.port === 0 && media.bundleOnly === undefined) return `${type} is offered as rejected`;
  if (!PROTOCOLS.includes(protocol)) return `${type} over ${protocol} is not encrypted with DTLS`;
  if (media.rtcpMux === undefined) return `${type} is offered without rtcp-mux`;
  return codecs.length === 0 ? `${type} is offered without a codec` : undefined;
}

/** Payload types in the order of the m-line; one without a=rtpmap has no meaning beyond RTP/AVP. */
function readCodecs(media: DescribedMedia, kind: types.MediaKind): types.RtpCodecCapability[] {
  const listed = [...new Set((media.payloads ?? '').split(' ').map(Number))];
  return listed.flatMap((payloadType) => {
    const map = media.rtp.find(({ payload }) => payload === payloadType);
    if (map === undefined || map.codec === '' || typeof map.rate !== 'number') return [];
    const parameters = readParameters(media.fmtp.filter(({ payload }) => payload === payloadType).map(({ config }) => config).join(';'));
    if (/^rtx$/i.test(map.codec) && typeof parameters['apt'] !== 'number') return [];
    return [{
      kind,
      mimeType: `${kind}/${map.codec}`,
      preferredPayloadType: payloadType,
      clockRate: map.rate,
      ...(kind === 'audio' ? { channels: typeof map.encoding === 'number' ? map.encoding : 1 } : {}),
      parameters,
      rtcpFeedback: readFeedback(media, payloadType),
    }];
  });
}

function readParameters(config: string): Record<string, string | number> {
  const parameters: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(parseParams(config))) {
    if (value !== undefined && name !== '') parameters[name.trim()] = TEXT_PARAMETERS.has(name) ? String(value) : value;
  }
  const { apt } = parameters;
  if (apt !== undefined && (typeof apt !== 'number' || !Number.isInteger(apt))) delete parameters['apt'];
  return parameters;
}

function readFeedback(media: DescribedMedia, payloadType: number): types.RtcpFeedback[] {
  const wanted = media.rtcpFb.filter(({ payload, type }) => (payload === '*' || payload === payloadType) && type !== '');
  return wanted.slice(0, MAX_FEEDBACKS).map(({ type, subtype }) => ({ type, parameter: subtype ?? '' }));
}

/** Encrypted extensions (RFC 6904) are left out: nothing here reads or writes them. */
function readExtensions(media: DescribedMedia): OfferedMedia['headerExtensions'] {
  return media.ext.filter((ext) => ext['encrypt-uri'] === undefined)
    .map(({ value, uri, direction }) => ({ id: value, uri, direction: isDirection(direction) ? direction : 'sendrecv' }));
}

function isDirection(text: string | undefined): text is Direction {
  return text === 'recvonly' || text === 'sendonly' || text === 'inactive' || text === 'sendrecv';
}

/** RFC 5576 §4.2: in a group FID the second repeats the first. */
function readSsrcs(media: DescribedMedia): OfferedMedia['ssrcs'] {
  const rtxOf = new Map<number, number>();
  for (const { semantics, ssrcs } of media.ssrcGroups) {
    const [ssrc, rtxSsrc] = ssrcs.split(' ').map(Number);
    if (semantics === 'FID' && ssrc !== undefined && rtxSsrc !== undefined) rtxOf.set(ssrc, rtxSsrc);
  }
  const repeats = new Set(rtxOf.values());
  const all = new Set(media.ssrcs.map(({ id }) => id));
  return [...all].filter((ssrc) => !repeats.has(ssrc)).map((ssrc) => ({ ssrc, rtxSsrc: rtxOf.get(ssrc) }));
}

/** Of alternatives (`a,b`) the first; a layer that is paused at first (`~a`) may come later. */
function readRids({ rids, simulcast }: DescribedMedia): string[] {
  if (simulcast === undefined) return [];
  const sent = simulcast.dir1 === 'send' ? simulcast.list1 : simulcast.list2 ?? '';
  const described = new Set(rids.filter(({ direction }) => direction === 'send').map(({ id }) => id));
  const listed = sent.split(';').map((layer) => (layer.split(',')[0] ?? '').replace(/^~/, ''));
  return [...new Set(listed)].filter((rid) => RID.test(rid) && described.has(rid));
}

function refusePlanB(media: DescribedMedia): void {
  const tracks = new Set(media.ssrcs.filter(({ attribute }) => attribute === 'msid').map(({ value }) => value));
  if (tracks.size > 1) throw new OfferInvalid(`m=${media.type} carries ${tracks.size} tracks (Plan B): every track needs an m-line of its own`);
}
