import { PLAYLIST_ONCE, lintForm } from './playlist-linter-form.js';
import { lintLowLatency } from './playlist-linter-parts.js';
import { readAttributes, readMediaPlaylist, SEGMENT_TAGS } from './playlist-reading.js';
import type { ReadPlaylist, ReadSegment, ReadStart } from './playlist-reading.js';

const MEDIA_ONCE = ['EXT-X-TARGETDURATION', 'EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE', 'EXT-X-ENDLIST', 'EXT-X-PLAYLIST-TYPE', 'EXT-X-I-FRAMES-ONLY', 'EXT-X-PART-INF', 'EXT-X-SERVER-CONTROL', 'EXT-X-SKIP'];
const MEDIA_OTHER = ['EXT-X-DATERANGE', 'EXT-X-PRELOAD-HINT', 'EXT-X-RENDITION-REPORT', 'EXT-X-DEFINE', ...SEGMENT_TAGS];
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(?:Z|[+-]\d\d:\d\d)$/;
const QUOTED = /^"[^"]*"$/;
const DATE_TOLERANCE_MS = 50;

/** Problems of one media playlist; empty when it keeps every rule. */
export function lintMediaPlaylist(text: string): string[] {
  return lintRead(text, readMediaPlaylist(text));
}

/** The same for a playlist that has been read. */
export function lintRead(text: string, playlist: ReadPlaylist): string[] {
  const { segments, open } = playlist;
  return [
    ...lintForm(text, playlist.tags, [...PLAYLIST_ONCE, ...MEDIA_ONCE], MEDIA_OTHER),
    ...lintHeader(playlist),
    ...lintVersion(playlist),
    ...segments.flatMap((segment, i) => [...lintSegment(segment, playlist), ...lintStart(segment, playlist), ...lintStep(segments[i - 1], segment)]),
    ...(open === undefined ? [] : [...lintStart(open, playlist), ...lintStep(segments.at(-1), open)]),
    ...playlist.dangling.map((tag) => `line ${tag.line}: ${tag.name} has no segment after it (§4.4.4)`),
    ...lintEnd(text, playlist),
    ...lintLowLatency(playlist),
  ];
}

function lintHeader({ tags, segments, takenOver, open }: ReadPlaylist): string[] {
  const problems: string[] = [];
  const lineOf = (name: string): number | undefined => tags.find((tag) => tag.name === name)?.line;
  const first = segments[takenOver];
  const firstSegment = first?.parts[0]?.line ?? first?.line ?? open?.parts[0]?.line ?? Infinity;
  if (lineOf('EXT-X-TARGETDURATION') === undefined) problems.push('EXT-X-TARGETDURATION is missing (§4.4.3.1)');
  if ((lineOf('EXT-X-MEDIA-SEQUENCE') ?? 0) > firstSegment) problems.push('EXT-X-MEDIA-SEQUENCE comes after the first segment (§4.4.3.2)');
  const sequenceLine = lineOf('EXT-X-DISCONTINUITY-SEQUENCE') ?? 0;
  if (sequenceLine > firstSegment || sequenceLine > (lineOf('EXT-X-DISCONTINUITY') ?? Infinity)) {
    problems.push('EXT-X-DISCONTINUITY-SEQUENCE comes after a segment or a discontinuity (§4.4.3.3)');
  }
  return problems;
}

function lintVersion({ tags, segments }: ReadPlaylist): string[] {
  const version = Number(tags.find((tag) => tag.name === 'EXT-X-VERSION')?.value ?? 1);
  const hasFraction = tags.some((tag) => tag.name === 'EXTINF' && tag.value.includes('.'));
  const hasMap = segments.some((segment) => segment.initUri !== undefined);
  return [
    ...(hasFraction && version < 3 ? [`fractions of seconds need EXT-X-VERSION 3; it is ${version} (§8)`] : []),
    ...(hasMap && version < 6 ? [`EXT-X-MAP needs EXT-X-VERSION 6; it is ${version} (§8)`] : []),
  ];
}

function lintSegment(segment: ReadSegment, playlist: ReadPlaylist): string[] {
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`segment ${segment.number}: ${what}`);
  const names = segment.tags.map((tag) => tag.name);
  if (!names.includes('EXTINF')) say('EXTINF is missing (§4.4.4.1)');
  else if (Number.isNaN(segment.durationSec)) say('EXTINF is not "seconds," with a comma (§4.4.4.1)');
  if (segment.durationSec <= 0) say('lasts no time (§4.4.4.1)');
  if (Math.round(segment.durationSec) > playlist.targetDurationSec) say(`${segment.durationSec} s rounds to more than the target duration of ${playlist.targetDurationSec} s (§4.4.3.1)`);
  return problems;
}

/** What holds for a segment before its end is known, too. */
function lintStart(start: ReadStart, playlist: ReadPlaylist): string[] {
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`segment ${start.number}: ${what}`);
  const names = start.tags.map((tag) => tag.name).filter((name) => name !== 'EXT-X-PART');
  for (const name of new Set(names)) if (names.indexOf(name) !== names.lastIndexOf(name)) say(`${name} comes twice (§4.4.4)`);
  const date = start.tags.find((tag) => tag.name === 'EXT-X-PROGRAM-DATE-TIME')?.value;
  if (date !== undefined && (!DATE_TIME.test(date) || Number.isNaN(Date.parse(date)))) say(`"${date}" is not an ISO 8601 time with milliseconds and zone (§4.4.4.6)`);
  const map = start.tags.find((tag) => tag.name === 'EXT-X-MAP');
  if (map && !QUOTED.test(readAttributes(map.value).values.get('URI') ?? '')) say('EXT-X-MAP has no quoted URI (§4.4.4.5)');
  // A delta update alone leaves out the tag that came with the skipped segments.
  const isKnown = playlist.skipped === undefined || playlist.takenOver > 0;
  if (isKnown && start.initUri === undefined && /\.(?:m4s|mp4)$/.test(uriOf(start))) {
    say('has no EXT-X-MAP before it, which fragmented MP4 needs (§3.1.2)');
  }
  return problems;
}

function uriOf(start: ReadStart | ReadSegment): string {
  return 'uri' in start ? start.uri : (start.parts[0]?.uri ?? '');
}

/** From one segment to the next of the same playlist. */
function lintStep(before: ReadSegment | undefined, segment: ReadStart): string[] {
  if (before === undefined || before.discontinuity !== segment.discontinuity) return [];
  const problems: string[] = [];
  if (before.initUri !== segment.initUri) problems.push(`segment ${segment.number}: EXT-X-MAP changes without EXT-X-DISCONTINUITY (§4.4.4.3)`);
  if (before.startsAtMs === undefined || segment.startsAtMs === undefined) return problems;
  const gapMs = segment.startsAtMs - (before.startsAtMs + before.durationSec * 1000);
  if (Math.abs(gapMs) > DATE_TOLERANCE_MS) problems.push(`segment ${segment.number}: EXT-X-PROGRAM-DATE-TIME is ${Math.round(gapMs)} ms away from the end of the segment before (§4.4.4.6)`);
  return problems;
}

function lintEnd(text: string, { hasEnd }: ReadPlaylist): string[] {
  return hasEnd && !text.trimEnd().endsWith('#EXT-X-ENDLIST') ? ['EXT-X-ENDLIST is not the last line (§4.4.3.4)'] : [];
}

