import type { Lines } from '../capture/devices.js';

export type Picture = 'camera' | 'screen' | 'slate';

/** How a picture is encoded. */
export interface SendingPlan {
  maxKbps: number;
  /** What the encoder is good at: a face should move, text should stay sharp. */
  contentHint: 'motion' | 'detail';
}

/** At most, kbps. */
export const VIDEO_KBPS: Record<Lines, number> = { 720: 2_500, 1080: 4_500 };
export const AUDIO_KBPS = 128;

export function planFor(picture: Picture, lines: Lines): SendingPlan {
  return { maxKbps: VIDEO_KBPS[lines], contentHint: picture === 'screen' ? 'detail' : 'motion' };
}

interface Codec {
  mimeType: string;
  sdpFmtpLine?: string;
}

/**
 * The browser's codecs with H.264 first: it goes to HLS and to viewers as it is. Of its kinds, the one whose pictures
 * may span packets (RFC 6184 §6.3) comes first. The rest keeps the browser's order.
 */
export function h264First<C extends Codec>(codecs: readonly C[]): C[] {
  return codecs.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ mimeType, sdpFmtpLine = '' }: Codec): number {
  if (mimeType.toLowerCase() !== 'video/h264') return 2;
  return /packetization-mode=1/.test(sdpFmtpLine) ? 0 : 1;
}

/** The answer, with the wish for Opus in two channels at `kbps`: a browser sends one channel at a third of it otherwise (RFC 7587 §7). */
export function wantingStereo(sdp: string, kbps: number): string {
  const payloadType = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (payloadType === undefined) return sdp;
  const wish = `stereo=1;maxaveragebitrate=${kbps * 1000}`;
  const format = new RegExp(`^a=fmtp:${payloadType} ([^\\r\\n]*)`, 'm');
  const given = format.exec(sdp)?.[1];
  if (given === undefined) return sdp.replace(new RegExp(`^(a=rtpmap:${payloadType} [^\\r\\n]*)`, 'm'), `$1\r\na=fmtp:${payloadType} ${wish}`);
  const kept = given.split(';').filter((one) => !/^\s*(?:stereo|maxaveragebitrate)=/.test(one) && one.trim() !== '');
  return sdp.replace(format, `a=fmtp:${payloadType} ${[...kept, wish].join(';')}`);
}
