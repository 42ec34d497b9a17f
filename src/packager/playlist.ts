import type { Segment } from './segment.js';

/** What a media playlist is made of. */
export interface MediaPlaylist {
  targetDurationSec: number;
  /** Oldest first; not empty. */
  segments: Segment[];
  hasEnded: boolean;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
}

/** One entry of the multivariant playlist. */
export interface Variant {
  name: string;
  peakBps: number;
  averageBps: number;
  codecs: string[];
  resolution: { width: number; height: number } | undefined;
  frameRate: number | undefined;
}

export interface AudioGroup {
  name: string;
  channels: number;
}

const VERSION = 7;

/** A live media playlist (RFC 8216bis §4.4.3). */
export function mediaPlaylist(playlist: MediaPlaylist): string {
  const first = playlist.segments[0];
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${playlist.targetDurationSec}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.number ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first?.discontinuity ?? 0}`,
  ];
  let previous: Segment | undefined;
  for (const segment of playlist.segments) {
    lines.push(...segmentLines(segment, previous, playlist.epochMs));
    previous = segment;
  }
  if (playlist.hasEnded) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function segmentLines(segment: Segment, previous: Segment | undefined, epochMs: number): string[] {
  const lines: string[] = [];
  if (previous !== undefined && previous.discontinuity !== segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.initUri !== previous?.initUri) lines.push(`#EXT-X-MAP:URI="${segment.initUri}"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(epochMs + segment.startMs).toISOString()}`);
  if (segment.isGap) lines.push('#EXT-X-GAP');
  lines.push(`#EXTINF:${(segment.durationMs / 1000).toFixed(5)},`, segment.uri);
  return lines;
}

/** The multivariant playlist (RFC 8216bis §4.4.6): one variant a video rung, one with audio alone, one audio group. */
export function multivariantPlaylist(variants: Variant[], audio: AudioGroup | undefined): string {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${VERSION}`, '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (audio !== undefined) {
    lines.push(`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}",URI="${audio.name}/index.m3u8"`);
  }
  for (const variant of variants) {
    lines.push(`#EXT-X-STREAM-INF:${variantAttributes(variant, audio).join(',')}`, `${variant.name}/index.m3u8`);
  }
  return `${lines.join('\n')}\n`;
}

function variantAttributes(variant: Variant, audio: AudioGroup | undefined): string[] {
  return [
    `BANDWIDTH=${Math.ceil(variant.peakBps)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(variant.averageBps)}`,
    `CODECS="${variant.codecs.join(',')}"`,
    ...(variant.resolution ? [`RESOLUTION=${variant.resolution.width}x${variant.resolution.height}`] : []),
    ...(variant.frameRate === undefined ? [] : [`FRAME-RATE=${variant.frameRate.toFixed(3)}`]),
    ...(audio === undefined ? [] : ['AUDIO="audio"']),
  ];
}
