import type { types } from 'mediasoup';

/** What a viewer is sent, under the numbers that its offer gave them. */
export interface CodecPlan {
  video: { payloadType: number; rtxPayloadType: number | undefined; profileLevelId: string } | undefined;
  audio: { payloadType: number } | undefined;
}

/**
 * The profiles that browsers name (RFC 6184 §8.1), each with one level: they are a minimum, and decoders take more than they
 * say. Few, because each takes a copy of the stream.
 */
const PROFILES = new Map([['42e0', '42e01f'], ['42c0', '42e01f'], ['4200', '42001f'], ['4d00', '4d001f'], ['6400', '64001f'], ['640c', '640c1f']]);
const USUAL_PROFILE = '42e01f';

/**
 * Chooses one H.264 and one Opus among what a viewer offers. RFC 3264 §6.1: packets carry the payload types of the
 * offer, so mediasoup has to be told them.
 */
export function planCodecs({ codecs = [] }: types.RtpCapabilities): CodecPlan {
  const h264 = codecs.filter((codec) => isNamed(codec, 'video/h264') && codec.parameters?.['packetization-mode'] === 1 && profileOf(codec) !== undefined);
  const video = h264.find((codec) => profileOf(codec) === USUAL_PROFILE) ?? h264[0];
  const payloadType = video?.preferredPayloadType;
  const audio = codecs.find((codec) => isNamed(codec, 'audio/opus') && codec.clockRate === 48_000 && codec.channels === 2 && codec.preferredPayloadType !== payloadType);
  const rtx = codecs.find((codec) => isNamed(codec, 'video/rtx') && codec.parameters?.['apt'] === payloadType && codec.preferredPayloadType !== payloadType);
  return {
    video: video === undefined || payloadType === undefined ? undefined : { payloadType, rtxPayloadType: rtx?.preferredPayloadType, profileLevelId: profileOf(video) ?? USUAL_PROFILE },
    audio: audio?.preferredPayloadType === undefined ? undefined : { payloadType: audio.preferredPayloadType },
  };
}

function isNamed(codec: types.RtpCodecCapability, mimeType: string): boolean {
  return codec.mimeType.toLowerCase() === mimeType;
}

/** Undefined for one that no browser decodes. */
function profileOf(codec: types.RtpCodecCapability): string | undefined {
  const value: unknown = codec.parameters?.['profile-level-id'] ?? USUAL_PROFILE;
  return typeof value === 'string' && /^[0-9a-f]{6}$/i.test(value) ? PROFILES.get(value.slice(0, 4).toLowerCase()) : undefined;
}
