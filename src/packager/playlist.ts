import type { ListedPart, OpenSegment, Segment } from './segment.js';

/** What a media playlist is made of. */
export interface MediaPlaylist {
  targetDurationSec: number;
  /** Longest part, whole ms. */
  partTargetMs: number;
  /** Longest part of any rendition, whole ms: server control is the same for all (RFC 8216bis §6.2.4). */
  holdBackPartMs: number;
  /** What its address ends with: `index`, or `dvr` for all that can be rewound to. */
  name: 'index' | 'dvr';
  /** Oldest first. */
  segments: readonly Segment[];
  /** What comes after them, part by part. */
  open: OpenSegment | undefined;
  /** Where the next part will be; undefined when none will come. */
  nextPartUri: string | undefined;
  /** The other renditions of the broadcast. */
  reports: RenditionReport[];
  hasEnded: boolean;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
}

/** How far the playlist of another rendition has come. */
export interface RenditionReport {
  name: string;
  lastNumber: number;
  /** Index of the last part in that segment. */
  lastPart: number;
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
/** EXT-X-SKIP came with version 9 (RFC 8216bis §8); whoever asks for a delta update knows it. */
const DELTA_VERSION = 9;
/** Ordinary players stay this far behind the end (RFC 8216bis §4.4.3.8), as they must without being told. */
const HOLD_BACK_TARGETS = 3;
const PART_HOLD_BACK_TARGETS = 3;
/** Parts further from the end are of no use to anybody (RFC 8216bis §6.2.2). */
const PARTS_LISTED_TARGETS = 3;
/** What is further from the end may be left out of a delta update (RFC 8216bis §4.4.3.8: six target durations at least). */
const SKIP_TARGETS = 6;

/**
 * A live media playlist (RFC 8216bis §4.4.3), with parts for low-latency players. To others it is an ordinary one.
 * @param options.isDelta leaves out what the player has from an earlier update (RFC 8216bis §6.2.5.1).
 */
export function mediaPlaylist(playlist: MediaPlaylist, options: { isDelta?: boolean } = {}): string {
  const skipped = options.isDelta ? skippable(playlist) : 0;
  const first = playlist.segments[0] ?? playlist.open;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${skipped > 0 ? DELTA_VERSION : VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${playlist.targetDurationSec}`,
    ...lowLatencyLines(playlist),
    `#EXT-X-MEDIA-SEQUENCE:${first?.number ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first?.discontinuity ?? 0}`,
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
  ];
  const firstWithParts = indexFromEnd(playlist, PARTS_LISTED_TARGETS);
  playlist.segments.forEach((segment, i) => {
    if (i < skipped) return;
    lines.push(...startLines(segment, playlist.segments[i - 1], playlist.epochMs));
    if (segment.isGap) lines.push('#EXT-X-GAP');
    if (i >= firstWithParts) lines.push(...segment.parts.map((part) => partLine(part, playlist.partTargetMs)));
    lines.push(`#EXTINF:${seconds(segment.durationMs)},`, segment.uri);
  });
  lines.push(...(playlist.hasEnded ? ['#EXT-X-ENDLIST'] : edgeLines(playlist)));
  return `${lines.join('\n')}\n`;
}

function lowLatencyLines({ targetDurationSec, partTargetMs, holdBackPartMs }: MediaPlaylist): string[] {
  const control = [
    'CAN-BLOCK-RELOAD=YES',
    `CAN-SKIP-UNTIL=${SKIP_TARGETS * targetDurationSec}`,
    `HOLD-BACK=${HOLD_BACK_TARGETS * targetDurationSec}`,
    `PART-HOLD-BACK=${(PART_HOLD_BACK_TARGETS * holdBackPartMs) / 1000}`,
  ];
  return [`#EXT-X-SERVER-CONTROL:${control.join(',')}`, `#EXT-X-PART-INF:PART-TARGET=${partTargetMs / 1000}`];
}

/** What follows the last finished segment: the parts of the next one, where the part after them will be, the other renditions. */
function edgeLines({ segments, open, partTargetMs, nextPartUri, reports, epochMs, name: file }: MediaPlaylist): string[] {
  const lines = open === undefined ? [] : [...startLines(open, segments.at(-1), epochMs), ...open.parts.map((part) => partLine(part, partTargetMs))];
  if (nextPartUri !== undefined) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${nextPartUri}"`);
  for (const { name, lastNumber, lastPart } of reports) {
    lines.push(`#EXT-X-RENDITION-REPORT:URI="../${name}/${file}.m3u8",LAST-MSN=${lastNumber},LAST-PART=${lastPart}`);
  }
  return lines;
}

function startLines(segment: Segment | OpenSegment, previous: Segment | undefined, epochMs: number): string[] {
  const lines: string[] = [];
  if (previous !== undefined && previous.discontinuity !== segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.initUri !== previous?.initUri) lines.push(`#EXT-X-MAP:URI="${segment.initUri}"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(epochMs + segment.startMs).toISOString()}`);
  return lines;
}

/** A part whose last picture stands longer than expected is told of as PART-TARGET long: players refuse longer parts. */
function partLine(part: ListedPart, partTargetMs: number): string {
  return `#EXT-X-PART:DURATION=${seconds(Math.min(part.durationMs, partTargetMs))},URI="${part.uri}"${part.isIndependent ? ',INDEPENDENT=YES' : ''}`;
}

/** Segments at the start that end further from the end of the playlist than CAN-SKIP-UNTIL. */
function skippable(playlist: MediaPlaylist): number {
  // After the end nothing is reloaded, and what is loaded then is wanted whole.
  return playlist.hasEnded ? 0 : indexFromEnd(playlist, SKIP_TARGETS);
}

/** The first segment that does not end more than this many target durations before the end of the playlist. */
function indexFromEnd({ segments, open, targetDurationSec }: MediaPlaylist, targets: number): number {
  let behindMs = open?.parts.reduce((sum, part) => sum + part.durationMs, 0) ?? 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    if (behindMs >= targets * targetDurationSec * 1000) return i + 1;
    behindMs += segments[i]?.durationMs ?? 0;
  }
  return 0;
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(5);
}

/** The multivariant playlist (RFC 8216bis §4.4.6): one variant a video rung, one with audio alone, one audio group. */
export function multivariantPlaylist(variants: Variant[], audio: AudioGroup | undefined, name: 'index' | 'dvr' = 'index'): string {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${VERSION}`, '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (audio !== undefined) {
    lines.push(`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}",URI="${audio.name}/${name}.m3u8"`);
  }
  for (const variant of variants) {
    lines.push(`#EXT-X-STREAM-INF:${variantAttributes(variant, audio).join(',')}`, `${variant.name}/${name}.m3u8`);
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
