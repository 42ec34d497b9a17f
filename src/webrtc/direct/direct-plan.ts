import type { types } from 'mediasoup';

/** Under which numbers of its own a viewer is sent a publisher's packets as they are (RFC 3264 §6.1). */
export interface DirectPlan {
  video: DirectCodec | undefined;
  audio: DirectCodec | undefined;
}

export interface DirectCodec {
  /** As a router knows it that packs for such viewers. */
  capability: types.RouterRtpCodecCapability;
  rtxPayloadType: number | undefined;
}

/** What a publisher sends of one kind. */
export interface SentCodec {
  kind: types.MediaKind;
  codec: types.RtpCodecParameters;
}

/** Parameters by which decoders differ, each with what its absence stands for. */
const PROFILES: Record<string, Record<string, unknown>> = {
  'video/vp9': { 'profile-id': 0 },
  'video/av1': { profile: 0, tier: 0 },
  'video/h264': { 'packetization-mode': 0 },
};
const H264_PARAMETERS = ['packetization-mode', 'profile-level-id', 'level-asymmetry-allowed'];
const KEPT_PARAMETERS = [...H264_PARAMETERS, 'profile-id', 'profile', 'tier'];

/**
 * Whether a viewer can decode what a publisher sends, and under which numbers. Undefined when the picture that it has room for is of
 * another codec or profile: then something else has to be encoded for it.
 */
export function planDirect(sent: SentCodec[], { codecs = [] }: types.RtpCapabilities, kinds: readonly ('video' | 'audio')[]): DirectPlan | undefined {
  const find = (kind: types.MediaKind): DirectCodec | undefined => {
    const track = sent.find((one) => one.kind === kind);
    return track && findCodec(track, codecs);
  };
  const [video, audio] = [find('video'), find('audio')];
  const lacksPicture = kinds.includes('video') && video === undefined && sent.some(({ kind }) => kind === 'video');
  const isAmbiguous = video !== undefined && video.capability.preferredPayloadType === audio?.capability.preferredPayloadType;
  return lacksPicture || isAmbiguous || (video === undefined && audio === undefined) ? undefined : { video, audio };
}

/** Viewers whose packets bear the same numbers share one router. */
export function keyOfPlan({ video, audio }: DirectPlan): string {
  return [video, audio].map((one) => [one?.capability.preferredPayloadType, one?.rtxPayloadType].join('/')).join(' ');
}

function findCodec({ kind, codec }: SentCodec, offered: types.RtpCodecCapability[]): DirectCodec | undefined {
  const match = offered.find((one) => one.preferredPayloadType !== undefined && decodes(one, codec));
  if (match === undefined) return undefined;
  const { mimeType, clockRate, channels, parameters = {} } = codec;
  const kept = KEPT_PARAMETERS.filter((name) => parameters[name] !== undefined).map((name) => [name, parameters[name]]);
  const rtx = offered.find((one) => /\/rtx$/i.test(one.mimeType) && one.kind === kind && one.parameters?.['apt'] === match.preferredPayloadType);
  return {
    capability: { kind, mimeType, clockRate, ...(channels === undefined ? {} : { channels }), preferredPayloadType: match.preferredPayloadType ?? 0, parameters: Object.fromEntries(kept) },
    rtxPayloadType: rtx?.preferredPayloadType,
  };
}

function decodes(offered: types.RtpCodecCapability, sent: types.RtpCodecParameters): boolean {
  const name = sent.mimeType.toLowerCase();
  if (offered.mimeType.toLowerCase() !== name || offered.clockRate !== sent.clockRate || offered.channels !== sent.channels) return false;
  const isSameProfile = Object.entries(PROFILES[name] ?? {}).every(([parameter, usual]) => (offered.parameters?.[parameter] ?? usual) === (sent.parameters?.[parameter] ?? usual));
  return isSameProfile && (name !== 'video/h264' || h264Profile(offered.parameters) === h264Profile(sent.parameters));
}

/** RFC 6184 §8.1: profile_idc and profile-iop. Levels are a minimum, and decoders take more than they say. */
function h264Profile(parameters: Record<string, unknown> = {}): string {
  const value = parameters['profile-level-id'] ?? '420010';
  return String(value).slice(0, 4).toLowerCase();
}
