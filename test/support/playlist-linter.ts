import { readAttributes, readMediaPlaylist, readTags, SEGMENT_TAGS } from './playlist-reading.js';
import type { ReadPlaylist, ReadSegment, ReadTag } from './playlist-reading.js';

/*
 * Checks playlists against RFC 8216bis (draft-pantos-hls-rfc8216bis-14) and the promises of our packager.
 * Each problem is one sentence that ends with the section of the rule it breaks.
 */

const PLAYLIST_ONCE = ['EXTM3U', 'EXT-X-VERSION', 'EXT-X-INDEPENDENT-SEGMENTS', 'EXT-X-START'];
const MEDIA_ONCE = ['EXT-X-TARGETDURATION', 'EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE', 'EXT-X-ENDLIST', 'EXT-X-PLAYLIST-TYPE', 'EXT-X-I-FRAMES-ONLY', 'EXT-X-PART-INF', 'EXT-X-SERVER-CONTROL'];
const MEDIA_OTHER = ['EXT-X-DATERANGE', 'EXT-X-SKIP', 'EXT-X-PRELOAD-HINT', 'EXT-X-RENDITION-REPORT', 'EXT-X-DEFINE'];
const MULTIVARIANT_TAGS = ['EXT-X-MEDIA', 'EXT-X-STREAM-INF', 'EXT-X-I-FRAME-STREAM-INF', 'EXT-X-SESSION-DATA', 'EXT-X-SESSION-KEY', 'EXT-X-CONTENT-STEERING', 'EXT-X-DEFINE'];
const INTEGER_TAGS: Record<string, string> = { 'EXT-X-VERSION': '4.4.1.2', 'EXT-X-TARGETDURATION': '4.4.3.1', 'EXT-X-MEDIA-SEQUENCE': '4.4.3.2', 'EXT-X-DISCONTINUITY-SEQUENCE': '4.4.3.3' };
const VALUELESS_TAGS = ['EXTM3U', 'EXT-X-INDEPENDENT-SEGMENTS', 'EXT-X-DISCONTINUITY', 'EXT-X-GAP', 'EXT-X-ENDLIST', 'EXT-X-I-FRAMES-ONLY'];
const ATTRIBUTE_TAGS = ['EXT-X-MAP', 'EXT-X-MEDIA', 'EXT-X-STREAM-INF', 'EXT-X-KEY', 'EXT-X-START'];

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(?:Z|[+-]\d\d:\d\d)$/;
const VIDEO_CODEC = /^(?:avc[1-4]\.[0-9a-f]{6}|hvc1\.[0-9A-Za-z.]+|hev1\.[0-9A-Za-z.]+|av01\.[0-9A-Za-z.]+)$/i;
const AUDIO_CODEC = /^(?:mp4a\.40\.\d{1,2}|opus|fLaC|ac-3|ec-3)$/;
const QUOTED = /^"[^"]*"$/;
const DATE_TOLERANCE_MS = 50;
const RENDITION_TOLERANCE_MS = 25;
const ROUNDED_SEC = 0.0005;

/** Problems of one media playlist; empty when it keeps every rule. */
export function lintMediaPlaylist(text: string): string[] {
  const playlist = readMediaPlaylist(text);
  return [
    ...lintForm(text, playlist.tags, [...PLAYLIST_ONCE, ...MEDIA_ONCE], [...MEDIA_OTHER, ...SEGMENT_TAGS]),
    ...lintHeader(playlist),
    ...lintVersion(playlist),
    ...playlist.segments.flatMap((segment, i) => [...lintSegment(segment, playlist), ...lintStep(playlist.segments[i - 1], segment)]),
    ...playlist.dangling.map((tag) => `line ${tag.line}: ${tag.name} has no segment after it (§4.4.4)`),
    ...lintEnd(text, playlist),
  ];
}

function lintForm(text: string, tags: ReadTag[], once: string[], others: string[]): string[] {
  const problems: string[] = [];
  if (!text.startsWith('#EXTM3U')) problems.push('line 1: the first line is not #EXTM3U (§4.4.1.1)');
  if (!text.endsWith('\n')) problems.push('the last line has no end (§4.1)');
  if (/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/.test(text)) problems.push('the text has a control character or a byte order mark (§4.1)');
  for (const name of once) if (tags.filter((tag) => tag.name === name).length > 1) problems.push(`${name} comes twice (§4.4)`);
  for (const { name, value, line } of tags) {
    if (!once.includes(name) && !others.includes(name)) problems.push(`line ${line}: ${name} does not belong here (§4.1)`);
    if (name in INTEGER_TAGS && !/^\d{1,20}$/.test(value)) problems.push(`line ${line}: ${name} is "${value}", not a whole number (§${INTEGER_TAGS[name]})`);
    if (VALUELESS_TAGS.includes(name) && value !== '') problems.push(`line ${line}: ${name} takes no value (§4.1)`);
    if (!ATTRIBUTE_TAGS.includes(name)) continue;
    const { wrong } = readAttributes(value);
    if (wrong !== undefined) problems.push(`line ${line}: ${name} breaks the attribute syntax at "${wrong}" (§4.2)`);
  }
  return problems;
}

function lintHeader({ tags, segments }: ReadPlaylist): string[] {
  const problems: string[] = [];
  const lineOf = (name: string): number | undefined => tags.find((tag) => tag.name === name)?.line;
  const firstSegment = segments[0]?.line ?? Infinity;
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
  for (const name of new Set(names)) if (names.indexOf(name) !== names.lastIndexOf(name)) say(`${name} comes twice (§4.4.4)`);
  if (!names.includes('EXTINF')) say('EXTINF is missing (§4.4.4.1)');
  else if (Number.isNaN(segment.durationSec)) say('EXTINF is not "seconds," with a comma (§4.4.4.1)');
  if (segment.durationSec <= 0) say('lasts no time (§4.4.4.1)');
  if (Math.round(segment.durationSec) > playlist.targetDurationSec) say(`${segment.durationSec} s rounds to more than the target duration of ${playlist.targetDurationSec} s (§4.4.3.1)`);
  const date = segment.tags.find((tag) => tag.name === 'EXT-X-PROGRAM-DATE-TIME')?.value;
  if (date !== undefined && (!DATE_TIME.test(date) || Number.isNaN(Date.parse(date)))) say(`"${date}" is not an ISO 8601 time with milliseconds and zone (§4.4.4.6)`);
  const map = segment.tags.find((tag) => tag.name === 'EXT-X-MAP');
  if (map && !QUOTED.test(readAttributes(map.value).values.get('URI') ?? '')) say('EXT-X-MAP has no quoted URI (§4.4.4.5)');
  if (segment.initUri === undefined && /\.(?:m4s|mp4)$/.test(segment.uri)) say('has no EXT-X-MAP before it, which fragmented MP4 needs (§3.1.2)');
  return problems;
}

/** From one segment to the next of the same playlist. */
function lintStep(before: ReadSegment | undefined, segment: ReadSegment): string[] {
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

/** Problems of one multivariant playlist. */
export function lintMultivariantPlaylist(text: string): string[] {
  const { tags, uris } = readTags(text);
  const media = tags.filter((tag) => tag.name === 'EXT-X-MEDIA').map((tag) => ({ line: tag.line, values: readAttributes(tag.value).values }));
  const variants = tags.filter((tag) => tag.name === 'EXT-X-STREAM-INF');
  const problems = lintForm(text, tags, PLAYLIST_ONCE, MULTIVARIANT_TAGS);
  if (variants.length === 0) problems.push('there is no EXT-X-STREAM-INF (§4.4.6.2)');
  for (const variant of variants) {
    problems.push(...lintVariant(variant, media.map(({ values }) => values)));
    if (!uris.some(({ line }) => line === variant.line + 1)) problems.push(`line ${variant.line}: no URI follows EXT-X-STREAM-INF (§4.4.6.2)`);
  }
  for (const { uri, line } of uris) if (!variants.some((variant) => variant.line === line - 1)) problems.push(`line ${line}: ${uri} has no EXT-X-STREAM-INF before it (§4.4.6.2)`);
  for (const { line, values } of media) problems.push(...lintMedia(line, values));
  const names = media.map(({ values }) => `${values.get('TYPE')} ${values.get('GROUP-ID')} ${values.get('NAME')}`);
  if (new Set(names).size < names.length) problems.push('two EXT-X-MEDIA of a group have one NAME (§4.4.6.1.1)');
  return problems;
}

function lintVariant({ line, value }: ReadTag, media: Map<string, string>[]): string[] {
  const { values } = readAttributes(value);
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`line ${line}: ${what} (§4.4.6.2)`);
  const bandwidth = values.get('BANDWIDTH') ?? '';
  if (!/^[1-9]\d*$/.test(bandwidth)) say('BANDWIDTH is missing or no whole number above zero');
  const average = values.get('AVERAGE-BANDWIDTH');
  if (average !== undefined && !/^[1-9]\d*$/.test(average)) say('AVERAGE-BANDWIDTH is no whole number above zero');
  if (Number(average ?? 0) > Number(bandwidth)) say('AVERAGE-BANDWIDTH is above BANDWIDTH');
  const codecs = QUOTED.test(values.get('CODECS') ?? '') ? (values.get('CODECS') ?? '').slice(1, -1).split(',') : [];
  if (codecs.length === 0 || !codecs.every((codec) => VIDEO_CODEC.test(codec) || AUDIO_CODEC.test(codec))) say(`CODECS is ${values.get('CODECS') ?? 'missing'}, not a quoted list of RFC 6381 names`);
  const hasVideo = codecs.some((codec) => VIDEO_CODEC.test(codec));
  const resolution = values.get('RESOLUTION');
  if (resolution === undefined ? hasVideo : !/^[1-9]\d*x[1-9]\d*$/.test(resolution)) say('RESOLUTION of a video variant is missing or not WxH');
  const frameRate = values.get('FRAME-RATE');
  if (frameRate === undefined ? hasVideo : !/^\d+(?:\.\d{1,3})?$/.test(frameRate) || Number(frameRate) <= 0) say('FRAME-RATE of a video variant is missing or not a number of at most three places');
  const group = values.get('AUDIO');
  if (group !== undefined && !media.some((one) => one.get('TYPE') === 'AUDIO' && one.get('GROUP-ID') === group)) say(`AUDIO names ${group}, and no EXT-X-MEDIA has this GROUP-ID`);
  if (group !== undefined && !codecs.some((codec) => AUDIO_CODEC.test(codec))) say('CODECS leaves out the audio of its group');
  return problems;
}

function lintMedia(line: number, values: Map<string, string>): string[] {
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`line ${line}: EXT-X-MEDIA ${what} (§4.4.6.1)`);
  if (!/^(?:AUDIO|VIDEO|SUBTITLES|CLOSED-CAPTIONS)$/.test(values.get('TYPE') ?? '')) say('has no known TYPE');
  for (const name of ['GROUP-ID', 'NAME']) if (!QUOTED.test(values.get(name) ?? '')) say(`has no quoted ${name}`);
  for (const name of ['URI', 'CHANNELS', 'LANGUAGE']) if (!QUOTED.test(values.get(name) ?? '""')) say(`has an unquoted ${name}`);
  for (const name of ['DEFAULT', 'AUTOSELECT', 'FORCED']) if (!/^(?:YES|NO)$/.test(values.get(name) ?? 'NO')) say(`${name} is neither YES nor NO`);
  if (values.get('DEFAULT') === 'YES' && values.get('AUTOSELECT') === 'NO') say('is DEFAULT but not AUTOSELECT');
  return problems;
}

/** Problems between successive states of one media playlist, oldest first; each state is checked by itself too. */
export function lintSeries(texts: string[]): string[] {
  const playlists = texts.map(readMediaPlaylist);
  return texts.flatMap((text, i) => {
    const [before, now] = [playlists[i - 1], playlists[i]];
    const between = before === undefined || now === undefined ? [] : lintReload(before, now);
    return [...lintMediaPlaylist(text), ...between].map((problem) => `playlist ${i}: ${problem}`);
  });
}

function lintReload(before: ReadPlaylist, now: ReadPlaylist): string[] {
  const problems: string[] = [];
  const [oldFirst, oldLast] = [before.segments[0], before.segments.at(-1)];
  const [first, last] = [now.segments[0], now.segments.at(-1)];
  if (before.targetDurationSec !== now.targetDurationSec) problems.push(`the target duration changed from ${before.targetDurationSec} to ${now.targetDurationSec} (§6.2.1)`);
  if (oldFirst === undefined || oldLast === undefined) return problems;
  if (first === undefined || last === undefined) return [...problems, 'every segment is gone (§6.2.2)'];
  if (first.number < oldFirst.number) problems.push(`EXT-X-MEDIA-SEQUENCE went back from ${oldFirst.number} to ${first.number} (§6.2.2)`);
  if (last.number < oldLast.number) problems.push(`segment ${oldLast.number} is gone from the end (§6.2.1)`);
  if (before.hasEnd && (!now.hasEnd || last.number > oldLast.number)) problems.push('it goes on after EXT-X-ENDLIST (§6.2.1)');
  if (first.discontinuity < oldFirst.discontinuity) problems.push('EXT-X-DISCONTINUITY-SEQUENCE went back (§6.2.2)');
  const leftSec = before.segments.filter((segment) => segment.number >= first.number).reduce((sum, segment) => sum + segment.durationSec, 0);
  if (first.number > oldFirst.number && last.number === oldLast.number && leftSec < 3 * now.targetDurationSec) problems.push('less than three target durations are left after a removal (§6.2.2)');
  for (const old of before.segments) {
    const same = now.segments.find((segment) => segment.number === old.number);
    if (same !== undefined) problems.push(...lintSame(old, same));
  }
  return problems;
}

/** What the same number stands for may not change. */
function lintSame(old: ReadSegment, now: ReadSegment): string[] {
  const changed = (what: string, section: string): string => `segment ${old.number} has another ${what} than before (§${section})`;
  return [
    ...(old.uri === now.uri ? [] : [changed('URI', '6.2.1')]),
    ...(Math.abs(old.durationSec - now.durationSec) < ROUNDED_SEC ? [] : [changed('duration', '6.2.1')]),
    ...(old.startsAtMs === now.startsAtMs ? [] : [changed('date', '6.2.1')]),
    ...(old.discontinuity === now.discontinuity ? [] : [changed('discontinuity number: a removed discontinuity was not counted', '6.2.2')]),
    ...(old.initUri === now.initUri ? [] : [changed('EXT-X-MAP', '6.2.1')]),
    ...(old.isGap === now.isGap ? [] : [changed('EXT-X-GAP', '6.2.1')]),
  ];
}

/** Problems between the renditions of one broadcast at one moment, by name. */
export function lintRenditions(texts: Record<string, string>): string[] {
  const [first, ...others] = Object.entries(texts).map(([name, text]) => ({ name, playlist: readMediaPlaylist(text) }));
  if (first === undefined) return [];
  return others.flatMap(({ name, playlist }) => {
    const problems = playlist.targetDurationSec === first.playlist.targetDurationSec ? [] : [`${name} and ${first.name} have different target durations (§6.2.4)`];
    for (const segment of playlist.segments) {
      const same = first.playlist.segments.find((other) => other.number === segment.number);
      if (same === undefined) continue;
      const apartMs = Math.abs((segment.startsAtMs ?? NaN) - (same.startsAtMs ?? NaN));
      if (!(apartMs <= RENDITION_TOLERANCE_MS)) problems.push(`segment ${segment.number} starts at another time in ${name} than in ${first.name}: ${apartMs} ms (§6.2.4)`);
      if (segment.discontinuity !== same.discontinuity) problems.push(`segment ${segment.number} has discontinuity ${segment.discontinuity} in ${name} and ${same.discontinuity} in ${first.name} (§6.2.4)`);
    }
    return problems;
  });
}

export interface BandwidthSource {
  /** The media playlist behind a URI of the multivariant playlist. */
  playlist(uri: string): string;
  /** Bytes of a segment; undefined leaves it out. */
  sizeOf(uri: string): number | undefined;
}

/** Whether each variant's BANDWIDTH covers every segment of it and of its audio (RFC 8216bis §4.4.6.2). */
export function lintBandwidth(text: string, source: BandwidthSource): string[] {
  const { tags, uris } = readTags(text);
  const media = tags.filter((tag) => tag.name === 'EXT-X-MEDIA').map((tag) => readAttributes(tag.value).values);
  return tags.filter((tag) => tag.name === 'EXT-X-STREAM-INF').flatMap((variant) => {
    const { values } = readAttributes(variant.value);
    const uri = uris.find(({ line }) => line === variant.line + 1)?.uri ?? '';
    const audioUri = media.find((one) => one.get('GROUP-ID') === values.get('AUDIO'))?.get('URI')?.slice(1, -1);
    const peakBps = peakOf(uri, source) + (audioUri === undefined || audioUri === uri ? 0 : peakOf(audioUri, source));
    const bandwidth = Number(values.get('BANDWIDTH'));
    return peakBps > bandwidth * 1.001 ? [`${uri} takes ${Math.ceil(peakBps)} bit/s; BANDWIDTH says ${bandwidth} (§4.4.6.2)`] : [];
  });
}

/** The RFC measures over 0.5 to 1.5 target durations. */
function peakOf(uri: string, source: BandwidthSource): number {
  const { segments, targetDurationSec } = readMediaPlaylist(source.playlist(uri));
  const rates = segments.filter((segment) => segment.durationSec >= targetDurationSec / 2).flatMap((segment) => {
    const sizeBytes = segment.isGap ? undefined : source.sizeOf(segment.uri);
    return sizeBytes === undefined ? [] : [(sizeBytes * 8) / segment.durationSec];
  });
  return Math.max(0, ...rates);
}
