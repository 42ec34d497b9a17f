import type { types } from 'mediasoup';
import { OfferRefused } from '../errors.js';
import type { Offer } from '../sdp/offer.js';
import type { OfferedMedia } from '../sdp/offered-media.js';
import type { PictureReader } from './picture-assembly.js';
import { Av1Pictures } from './av1-pictures.js';
import { H264Pictures } from './h264-pictures.js';
import { Vp8Pictures } from './vp8-pictures.js';
import { Vp9Pictures } from './vp9-pictures.js';

/** One m-line that is taken. */
export interface PlannedTrack {
  media: OfferedMedia;
  kind: types.MediaKind;
  /** What the publisher is to send, under its own numbers. */
  rtpParameters: types.RtpParameters;
}

/** What is taken of an offer. */
export interface PublisherPlan {
  /** For the router that takes it. */
  mediaCodecs: types.RouterRtpCodecCapability[];
  tracks: PlannedTrack[];
  /** Puts the pictures together; undefined without pictures. */
  readPictures: (() => PictureReader) | undefined;
}

const URI = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  transportFeedback: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  sendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  dependency: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
} as const;
/** Layers of one picture; each is forwarded to every worker that has viewers. */
const MAX_LAYERS = 3;
/** RFC 8285 §4.2: what fits the one-byte form. */
const MAX_EXTENSION_ID = 14;
/** Constrained Baseline before all, which costs least; then what encoders call High, Main and Baseline. */
const H264_PROFILES = ['42e0', '640c', '6400', '4d00', '4200'];
/** Level 5.2: with levels that may differ (RFC 6184 §8.1), ours is what we take. */
const BEST_LEVEL = '34';
const READERS: Record<string, () => PictureReader> = {
  'video/h264': () => new H264Pictures(),
  'video/vp9': () => new Vp9Pictures(),
  'video/vp8': () => new Vp8Pictures(),
  'video/av1': () => new Av1Pictures(),
};
/** Losses are asked for again, key frames too; the sender hears what its network carries. */
const FEEDBACK = ['nack ', 'nack pli', 'ccm fir', 'transport-cc ', 'goog-remb '];
/** Chromium sends 32 kbps of mono without being asked for more (RFC 7587 §6.1). */
const OPUS_WISHES = { useinbandfec: 1, stereo: 1, 'sprop-stereo': 1, maxaveragebitrate: 128_000 };

/**
 * Decides what is taken of an offer: one picture, H.264 first, since it needs no new encode, and one sound in Opus.
 * @throws {OfferRefused} with the reason, when nothing can be.
 */
export function planPublisher(offer: Offer): PublisherPlan {
  const sent = offer.bundled.filter(({ direction }) => direction === 'sendonly' || direction === 'sendrecv');
  const video = planVideo(sent.filter(({ kind }) => kind === 'video'));
  const audio = planAudio(sent.filter(({ kind }) => kind === 'audio'));
  const tracks = [video, audio].filter((track) => track !== undefined);
  if (tracks.length === 0) throw new OfferRefused(reasonOf(offer, sent));
  const codec = video?.rtpParameters.codecs[0];
  return {
    mediaCodecs: tracks.flatMap(({ kind, rtpParameters }) => rtpParameters.codecs.slice(0, 1).map((one) => routerCodec(kind, one))),
    tracks,
    readPictures: codec && READERS[codec.mimeType.toLowerCase()],
  };
}

function reasonOf(offer: Offer, sent: OfferedMedia[]): string {
  if (sent.length > 0) return 'the offer has none of the codecs that are taken: H.264, VP9, VP8 or AV1 for pictures, Opus for sound';
  return offer.media.find(({ defect }) => defect !== undefined)?.defect ?? 'the offer sends neither picture nor sound (a=sendonly)';
}

function planVideo(offered: OfferedMedia[]): PlannedTrack | undefined {
  for (const media of offered) {
    const codec = findH264(media) ?? media.codecs.find((one) => READERS[nameOf(one)] !== undefined && nameOf(one) !== 'video/h264');
    if (codec !== undefined) return planTrack(media, 'video', codec, codec.parameters);
  }
  return undefined;
}

function findH264({ codecs }: OfferedMedia): types.RtpCodecCapability | undefined {
  const h264 = codecs.filter((codec) => nameOf(codec) === 'video/h264');
  const whole = h264.filter((codec) => codec.parameters?.['packetization-mode'] === 1);
  const preferred = H264_PROFILES.flatMap((profile) => whole.filter((codec) => profileOf(codec).startsWith(profile)));
  return preferred[0] ?? whole[0] ?? h264[0];
}

function planAudio(offered: OfferedMedia[]): PlannedTrack | undefined {
  for (const media of offered) {
    const codec = media.codecs.find((one) => nameOf(one) === 'audio/opus' && one.clockRate === 48_000 && one.channels === 2);
    if (codec !== undefined) return planTrack(media, 'audio', codec, { ...codec.parameters, ...OPUS_WISHES });
  }
  return undefined;
}

function planTrack(media: OfferedMedia, kind: types.MediaKind, codec: types.RtpCodecCapability, parameters: unknown): PlannedTrack {
  const rids = kind === 'video' ? ridsOf(media) : [];
  const headerExtensions = extensionsOf(media, nameOf(codec), rids.length > 0);
  const [stream] = media.ssrcs;
  const hasMid = media.mid !== undefined && headerExtensions.some(({ uri }) => uri === URI.mid);
  if (stream === undefined && !hasMid) throw new OfferRefused(`${kind} names neither its SSRC nor the extension for its mid: it could not be told from other streams`);
  const rtx = kind === 'video' ? media.codecs.find((one) => /\/rtx$/i.test(one.mimeType) && one.parameters?.['apt'] === codec.preferredPayloadType) : undefined;
  return {
    media,
    kind,
    rtpParameters: {
      ...(hasMid && media.mid !== undefined ? { mid: media.mid } : {}),
      codecs: [codecParameters(codec, parameters, headerExtensions), ...(rtx === undefined ? [] : [codecParameters(rtx, rtx.parameters, [])])],
      headerExtensions,
      encodings: rids.length > 0 ? rids.map((rid) => ({ rid, ...layersInTime(codec) })) : [encodingOf(stream, rtx !== undefined)],
      rtcp: { cname: 'publisher', reducedSize: true },
    },
  };
}

/** Layers that packets name: without both extensions, one stream is all that can be told apart. */
function ridsOf(media: OfferedMedia): string[] {
  const uris = extensionsOf(media, '', true).map(({ uri }) => uri);
  const isNamed = media.mid !== undefined && uris.includes(URI.mid) && uris.includes(URI.rid);
  return isNamed ? media.rids.slice(0, MAX_LAYERS) : [];
}

/** VP8 of several layers drops pictures for slower ones in three steps of time, and mediasoup passes only those it is told of. */
function layersInTime(codec: types.RtpCodecCapability): Pick<types.RtpEncodingParameters, 'scalabilityMode'> {
  return nameOf(codec) === 'video/vp8' ? { scalabilityMode: 'L1T3' } : {};
}

function encodingOf(stream: OfferedMedia['ssrcs'][number] | undefined, hasRtx: boolean): types.RtpEncodingParameters {
  if (stream === undefined) return {};
  return { ssrc: stream.ssrc, ...(hasRtx && stream.rtxSsrc !== undefined ? { rtx: { ssrc: stream.rtxSsrc } } : {}) };
}

function codecParameters(codec: types.RtpCodecCapability, parameters: unknown, extensions: types.RtpHeaderExtensionParameters[]): types.RtpCodecParameters {
  const isPlain = /\/rtx$/i.test(codec.mimeType);
  return {
    mimeType: codec.mimeType,
    payloadType: codec.preferredPayloadType ?? 0,
    clockRate: codec.clockRate,
    ...(codec.channels === undefined ? {} : { channels: codec.channels }),
    parameters: { ...(typeof parameters === 'object' ? parameters : {}), ...levelOf(codec) },
    rtcpFeedback: isPlain ? [] : feedbackOf(codec, extensions),
  };
}

/** Chromium would keep to the size of the level that is answered. */
function levelOf(codec: types.RtpCodecCapability): Record<string, string> {
  const mayDiffer = nameOf(codec) === 'video/h264' && codec.parameters?.['level-asymmetry-allowed'] === 1 && profileOf(codec) !== '';
  return mayDiffer ? { 'profile-level-id': profileOf(codec).slice(0, 4) + BEST_LEVEL } : {};
}

/** One way to estimate the sender's network: by its own count where it has one. */
function feedbackOf({ rtcpFeedback = [] }: types.RtpCodecCapability, extensions: types.RtpHeaderExtensionParameters[]): types.RtcpFeedback[] {
  const countsItself = extensions.some(({ uri }) => uri === URI.transportFeedback) && rtcpFeedback.some(({ type }) => type === 'transport-cc');
  const unused = countsItself ? 'goog-remb' : 'transport-cc';
  return rtcpFeedback.filter(({ type, parameter = '' }) => FEEDBACK.includes(`${type} ${parameter}`) && type !== unused)
    .map(({ type, parameter = '' }) => ({ type, parameter }));
}

function extensionsOf({ headerExtensions }: OfferedMedia, codecName: string, hasLayers: boolean): types.RtpHeaderExtensionParameters[] {
  // mediasoup tells the key frames of AV1 by its dependency descriptor.
  const wanted = [URI.mid, URI.transportFeedback, URI.sendTime, ...(codecName === 'video/av1' ? [URI.dependency] : []), ...(hasLayers ? [URI.rid, URI.repairedRid] : [])];
  return headerExtensions.flatMap(({ id, uri, direction }) => {
    const used = wanted.find((one) => one === uri);
    const canSend = direction === 'sendrecv' || direction === 'sendonly';
    return used !== undefined && canSend && id >= 1 && id <= MAX_EXTENSION_ID ? [{ uri: used, id, encrypt: false, parameters: {} }] : [];
  });
}

function routerCodec(kind: types.MediaKind, { mimeType, clockRate, channels, parameters = {} }: types.RtpCodecParameters): types.RouterRtpCodecCapability {
  const kept = ['packetization-mode', 'profile-level-id', 'level-asymmetry-allowed', 'profile-id', 'profile'].filter((name) => parameters[name] !== undefined);
  return { kind, mimeType, clockRate, ...(channels === undefined ? {} : { channels }), parameters: Object.fromEntries(kept.map((name) => [name, parameters[name]])) };
}

function nameOf({ mimeType }: types.RtpCodecCapability): string {
  return mimeType.toLowerCase();
}

function profileOf({ parameters }: types.RtpCodecCapability): string {
  const value: unknown = parameters?.['profile-level-id'];
  return typeof value === 'string' && /^[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : '';
}
