import type { types } from 'mediasoup';
import type { MediaDescription } from 'sdp-transform';
import type { OfferedMedia } from './offered-media.js';

/** One stream for picture and sound: players keep the lips of one stream in time. */
const STREAM_ID = 'tidemark';
/** Port 9 says that the candidates say where (RFC 9429 §5.2.1). */
const PORT_IN_CANDIDATES = 9;
const NOWHERE = { version: 4, ip: '0.0.0.0' };

/** The m-line on which a consumer's stream is sent. */
export function sentMedia(media: OfferedMedia, rtpParameters: types.RtpParameters): MediaDescription {
  const { codecs, headerExtensions = [], encodings = [], rtcp } = rtpParameters;
  return {
    ...sectionOf(media, PORT_IN_CANDIDATES, codecs.map(({ payloadType }) => payloadType).join(' ')),
    rtp: codecs.map(rtpMapOf),
    fmtp: codecs.flatMap((codec) => fmtpOf(codec.payloadType, codec.parameters)),
    rtcpFb: codecs.flatMap(feedbackOf),
    ext: headerExtensions.map(({ id, uri }) => ({ value: id, uri })),
    msid: [{ id: STREAM_ID, appdata: media.line.type }],
    direction: 'sendonly',
    ...ssrcLines(encodings, rtcp?.cname ?? STREAM_ID),
    rtcpMux: 'rtcp-mux',
    ...(media.hasRtcpRsize ? { rtcpRsize: 'rtcp-rsize' as const } : {}),
  };
}

/** The m-line on which a publisher's stream is taken. */
export function receivedMedia(media: OfferedMedia, { codecs, headerExtensions = [], encodings = [] }: types.RtpParameters): MediaDescription {
  return {
    ...sectionOf(media, PORT_IN_CANDIDATES, codecs.map(({ payloadType }) => payloadType).join(' ')),
    rtp: codecs.map(rtpMapOf),
    fmtp: codecs.flatMap((codec) => fmtpOf(codec.payloadType, codec.parameters)),
    rtcpFb: codecs.flatMap(feedbackOf),
    ext: headerExtensions.map(({ id, uri }) => ({ value: id, uri })),
    direction: 'recvonly',
    rtcpMux: 'rtcp-mux',
    ...(media.hasRtcpRsize ? { rtcpRsize: 'rtcp-rsize' as const } : {}),
    ...layerLines(encodings.flatMap(({ rid }) => rid ?? [])),
  };
}

/** The layers of the offer that are taken (RFC 8853 §5.3.2). */
function layerLines(rids: string[]): Pick<MediaDescription, 'rids' | 'simulcast'> {
  if (rids.length === 0) return {};
  return { rids: rids.map((id) => ({ id, direction: 'recv' })), simulcast: { dir1: 'recv', list1: rids.join(';') } };
}

/** The m-line stays, and nothing is sent on it. It names one codec of the offer, as an m-line must name one. */
export function inactiveMedia(media: OfferedMedia): MediaDescription {
  const codec = media.codecs.find(({ mimeType }) => !/\/rtx$/i.test(mimeType)) ?? media.codecs[0];
  const payloadType = codec?.preferredPayloadType ?? 0;
  return {
    ...sectionOf(media, PORT_IN_CANDIDATES, String(payloadType)),
    rtp: codec === undefined ? [] : [rtpMapOf({ ...codec, payloadType })],
    fmtp: fmtpOf(payloadType, codec?.parameters),
    direction: 'inactive',
    rtcpMux: 'rtcp-mux',
  };
}

/** RFC 3264 §6: port 0, with the formats of the offer. */
export function rejectedMedia(media: OfferedMedia): MediaDescription {
  return { ...sectionOf(media, 0, media.line.payloads), direction: 'inactive' };
}

function sectionOf(media: OfferedMedia, port: number, payloads: string): MediaDescription {
  const { type, protocol } = media.line;
  return { type, port, protocol, payloads, connection: NOWHERE, rtp: [], fmtp: [], ...(media.mid === undefined ? {} : { mid: media.mid }) };
}

type MappedCodec = Pick<types.RtpCodecParameters, 'mimeType' | 'payloadType' | 'clockRate' | 'channels'>;

function rtpMapOf({ mimeType, payloadType, clockRate, channels }: MappedCodec): MediaDescription['rtp'][number] {
  const codec = mimeType.slice(mimeType.indexOf('/') + 1);
  return { payload: payloadType, codec, rate: clockRate, ...(channels !== undefined && channels > 1 ? { encoding: channels } : {}) };
}

function fmtpOf(payload: number, parameters: Record<string, unknown> = {}): MediaDescription['fmtp'] {
  const config = Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`).join(';');
  return config === '' ? [] : [{ payload, config }];
}

function feedbackOf({ payloadType, rtcpFeedback = [] }: types.RtpCodecParameters): NonNullable<MediaDescription['rtcpFb']> {
  return rtcpFeedback.map(({ type, parameter }) => ({ payload: payloadType, type, ...(parameter ? { subtype: parameter } : {}) }));
}

/** RFC 5576: the SSRCs by which a client without the mid extension tells picture from sound. */
function ssrcLines(encodings: types.RtpEncodingParameters[], cname: string): Pick<MediaDescription, 'ssrcs' | 'ssrcGroups'> {
  const pairs = encodings.flatMap(({ ssrc, rtx }) => (ssrc === undefined ? [] : [rtx === undefined ? [ssrc] : [ssrc, rtx.ssrc]]));
  const groups = pairs.filter((pair) => pair.length > 1).map((pair) => ({ semantics: 'FID', ssrcs: pair.join(' ') }));
  return {
    ssrcs: pairs.flat().map((id) => ({ id, attribute: 'cname', value: cname })),
    ...(groups.length > 0 ? { ssrcGroups: groups } : {}),
  };
}
