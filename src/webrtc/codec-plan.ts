import type { types } from 'mediasoup';

/** What a viewer is sent, under the numbers that its offer gave them. */
export interface CodecPlan {
  video: { payloadType: number; rtxPayloadType: number | undefined; profileLevelId: string } | undefined;
  audio: { payloadType: number } | undefined;
}

/** Constrained Baseline 3.1: all browsers name it, and their decoders take more than they say. */
const USUAL_PROFILE = '42e01f';

/**
 * Chooses one H.264 and one Opus among what a viewer offers. RFC 3264 §6.1: packets carry the payload types of the
 * offer, so mediasoup has to be told them.
 */
export function planCodecs({ codecs = [] }: types.RtpCapabilities): CodecPlan {
  const h264 = codecs.filter((codec) => isNamed(codec, 'video/h264') && codec.parameters?.['packetization-mode'] === 1);
  const video = h264.find((codec) => profileOf(codec).startsWith(USUAL_PROFILE.slice(0, 4))) ?? h264[0];
  const audio = codecs.find((codec) => isNamed(codec, 'audio/opus') && codec.clockRate === 48_000);
  const rtx = codecs.find((codec) => isNamed(codec, 'video/rtx') && codec.parameters?.['apt'] === video?.preferredPayloadType);
  return {
    video: video?.preferredPayloadType === undefined ? undefined : { payloadType: video.preferredPayloadType, rtxPayloadType: rtx?.preferredPayloadType, profileLevelId: profileOf(video) },
    audio: audio?.preferredPayloadType === undefined ? undefined : { payloadType: audio.preferredPayloadType },
  };
}

function isNamed(codec: types.RtpCodecCapability, mimeType: string): boolean {
  return codec.mimeType.toLowerCase() === mimeType;
}

function profileOf(codec: types.RtpCodecCapability): string {
  const value: unknown = codec.parameters?.['profile-level-id'];
  return typeof value === 'string' && /^[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : USUAL_PROFILE;
}
