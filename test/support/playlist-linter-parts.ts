import { decimalOf } from './playlist-reading.js';
import type { ReadAside, ReadPart, ReadPlaylist, ReadSegment, ReadStart } from './playlist-reading.js';

const QUOTED = /^"[^"]+"$/;
const WHOLE = /^\d{1,20}$/;
const RANGE = /^"\d+(?:@\d+)?"$/;
/** EXTINF goes up to the start of the next segment: sound may end a frame later, and is counted up to 30 ms past its stamps. */
const PART_SUM_TOLERANCE_SEC = 0.055;
/** Sums of figures with five places. */
const ROUNDING_SEC = 0.0005;
const LEAST_PART = 0.85;
/** Tags that hold for the first part of a segment too. */
const BEFORE_PARTS = ['EXT-X-DISCONTINUITY', 'EXT-X-KEY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME'];

/** What Low-Latency HLS adds to the rules of one media playlist. */
export function lintLowLatency(playlist: ReadPlaylist): string[] {
  const starts = startsOf(playlist);
  return [
    ...lintControl(playlist),
    ...lintPartTarget(playlist, starts),
    ...starts.flatMap((start) => [...lintPlaces(start), ...start.parts.flatMap((part, i) => lintPart(start, i, part, playlist))]),
    ...lintTwins(starts),
    ...playlist.segments.flatMap((segment, i) => lintSum(segment, playlist.segments[i + 1])),
    ...lintEdge(playlist, starts),
    ...lintSkip(playlist),
    ...lintHints(playlist),
    ...lintReports(playlist),
  ];
}

/** Every segment, the open one as well. */
export function startsOf({ segments, open }: ReadPlaylist): (ReadStart | ReadSegment)[] {
  return open === undefined ? segments : [...segments, open];
}

/** How far the end of a segment is from the end of the playlist, seconds. */
export function secondsBehind({ segments, open }: ReadPlaylist, number: number): number {
  return sumOf(open?.parts ?? []) + sumOf(segments.filter((segment) => segment.number > number));
}

function sumOf(items: { durationSec: number }[]): number {
  return items.reduce((sum, { durationSec }) => sum + durationSec, 0);
}

function lintControl({ control, partTargetSec, targetDurationSec }: ReadPlaylist): string[] {
  if (control === undefined) return partTargetSec === undefined ? [] : ['parts need EXT-X-SERVER-CONTROL with PART-HOLD-BACK (§4.4.3.8)'];
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`${what} (§4.4.3.8)`);
  for (const name of ['CAN-SKIP-UNTIL', 'HOLD-BACK', 'PART-HOLD-BACK']) {
    if (control.has(name) && Number.isNaN(decimalOf(control.get(name)))) say(`${name} is ${control.get(name)}, not a number of seconds`);
  }
  for (const name of ['CAN-SKIP-DATERANGES', 'CAN-BLOCK-RELOAD']) if ((control.get(name) ?? 'YES') !== 'YES') say(`${name} is ${control.get(name)}, not YES`);
  if (control.has('CAN-SKIP-DATERANGES') && !control.has('CAN-SKIP-UNTIL')) say('CAN-SKIP-DATERANGES comes without CAN-SKIP-UNTIL');
  const isBelow = (name: string, leastSec: number): boolean => decimalOf(control.get(name)) < leastSec - ROUNDING_SEC;
  if (isBelow('CAN-SKIP-UNTIL', 6 * targetDurationSec)) say(`CAN-SKIP-UNTIL of ${control.get('CAN-SKIP-UNTIL')} s is less than six target durations of ${targetDurationSec} s`);
  if (isBelow('HOLD-BACK', 3 * targetDurationSec)) say(`HOLD-BACK of ${control.get('HOLD-BACK')} s is less than three target durations of ${targetDurationSec} s`);
  if (partTargetSec === undefined) return problems;
  if (!control.has('PART-HOLD-BACK')) say('PART-HOLD-BACK is missing');
  if (isBelow('PART-HOLD-BACK', 2 * partTargetSec)) say(`PART-HOLD-BACK of ${control.get('PART-HOLD-BACK')} s is less than two part targets of ${partTargetSec} s`);
  else if (isBelow('PART-HOLD-BACK', 3 * partTargetSec)) say(`PART-HOLD-BACK of ${control.get('PART-HOLD-BACK')} s should be three part targets of ${partTargetSec} s`);
  if (!control.has('CAN-BLOCK-RELOAD')) problems.push('players take parts only from servers with CAN-BLOCK-RELOAD (§B.1)');
  return problems;
}

function lintPartTarget({ partTargetSec, targetDurationSec, tags }: ReadPlaylist, starts: ReadStart[]): string[] {
  if (partTargetSec === undefined) return starts.some(({ parts }) => parts.length > 0) ? ['EXT-X-PART needs EXT-X-PART-INF (§4.4.3.7)'] : [];
  if (!(partTargetSec > 0)) return ['EXT-X-PART-INF has no PART-TARGET in seconds (§4.4.3.7)'];
  return [
    ...(partTargetSec > targetDurationSec ? [`PART-TARGET of ${partTargetSec} s is above the target duration of ${targetDurationSec} s (§4.4.3.7)`] : []),
    ...(tags.some(({ name }) => name === 'EXT-X-I-FRAMES-ONLY') ? ['parts do not go with EXT-X-I-FRAMES-ONLY (§4.4.4.9)'] : []),
    ...starts.filter(({ startsAtMs }) => startsAtMs === undefined).map(({ number }) => `segment ${number}: has no EXT-X-PROGRAM-DATE-TIME, which low latency needs (§B.1)`),
  ];
}

function lintPlaces({ number, tags, parts }: ReadStart): string[] {
  const firstLine = parts[0]?.line ?? Infinity;
  return tags.filter((tag) => BEFORE_PARTS.includes(tag.name) && tag.line > firstLine).map((tag) => `segment ${number}: ${tag.name} comes after its first EXT-X-PART (§4.4.4.9)`);
}

function lintPart(start: ReadStart | ReadSegment, index: number, part: ReadPart, { partTargetSec = NaN, tags }: ReadPlaylist): string[] {
  const problems: string[] = [];
  const say = (what: string, section = '4.4.4.9'): void => void problems.push(`part ${start.number}.${index}: ${what} (§${section})`);
  if (!QUOTED.test(part.values.get('URI') ?? '')) say('has no quoted URI');
  if (!(part.durationSec > 0)) say('has no DURATION in seconds');
  for (const name of ['INDEPENDENT', 'GAP']) if ((part.values.get(name) ?? 'YES') !== 'YES') say(`${name} is ${part.values.get(name)}, not YES`);
  if (!RANGE.test(part.values.get('BYTERANGE') ?? '"0"')) say(`BYTERANGE is ${part.values.get('BYTERANGE')}, not "length@offset"`);
  if (part.durationSec > partTargetSec) say(`${part.durationSec} s is more than the part target of ${partTargetSec} s`);
  const next = start.parts[index + 1];
  const mayBeShort = part.isIndependent || part.isGap || next === undefined || next.isGap;
  if (part.durationSec < LEAST_PART * partTargetSec && !mayBeShort) say(`${part.durationSec} s is less than 85 % of the part target of ${partTargetSec} s, and another part of its segment follows`);
  const isStart = index === 0 && tags.some(({ name }) => name === 'EXT-X-INDEPENDENT-SEGMENTS');
  if (isStart && !part.isIndependent && !part.isGap) say('starts a segment, and is not INDEPENDENT', '4.4.2.1');
  if (start.isGap && !part.isGap) say('has no GAP=YES, and its segment is a gap', '6.2.1');
  return problems;
}

function lintTwins(starts: ReadStart[]): string[] {
  const places = new Map<string, string>();
  return starts.flatMap(({ number, parts }) => parts.flatMap((part, i) => {
    const [address, place] = [`${part.uri} ${part.values.get('BYTERANGE')}`, `part ${number}.${i}`];
    const known = places.get(address);
    places.set(address, place);
    return known === undefined ? [] : [`${place}: has the URI of ${known} (§6.2.1)`];
  }));
}

/** RFC 8216bis §3.2: a segment and all its parts hold the same samples. Where pictures are missing, a segment may end with their absence. */
function lintSum({ number, parts, durationSec, isGap }: ReadSegment, next: ReadSegment | undefined): string[] {
  if (parts.length === 0 || isGap) return [];
  const partsSec = sumOf(parts);
  if ((next === undefined || next.isGap) && partsSec < durationSec) return [];
  return partsSec > durationSec + PART_SUM_TOLERANCE_SEC ? [`segment ${number}: lasts ${durationSec} s, and its parts ${Number(partsSec.toFixed(5))} s (§3.2)`] : [];
}

/** Where parts are listed: at the live edge, without holes. */
function lintEdge(playlist: ReadPlaylist, starts: ReadStart[]): string[] {
  const problems: string[] = [];
  const farSec = 3 * playlist.targetDurationSec + ROUNDING_SEC;
  starts.forEach(({ number, parts, isGap }, i) => {
    const before = starts[i - 1];
    if (parts.length > 0 && secondsBehind(playlist, number) > farSec) problems.push(`segment ${number}: its parts are still listed, more than three target durations from the end (§6.2.2)`);
    if (parts.length === 0 && !isGap && (before?.parts.length ?? 0) > 0) problems.push(`segment ${number}: has no parts, and the one before it has (§6.2.2)`);
  });
  return problems;
}

function lintSkip({ tags, skipped, takenOver, segments, control, hasEnd }: ReadPlaylist): string[] {
  if (skipped === undefined) return [];
  const problems: string[] = [];
  if (!(skipped >= 1) || !Number.isInteger(skipped)) problems.push('EXT-X-SKIP has no whole number above zero as SKIPPED-SEGMENTS (§4.4.5.2)');
  const version = Number(tags.find(({ name }) => name === 'EXT-X-VERSION')?.value ?? 1);
  if (version < 9) problems.push(`EXT-X-SKIP needs EXT-X-VERSION 9; it is ${version} (§8)`);
  if (hasEnd) problems.push('a playlist with EXT-X-ENDLIST skips segments (§6.2.5.1)');
  const listed = segments.slice(takenOver);
  const skipLine = tags.find(({ name }) => name === 'EXT-X-SKIP')?.line ?? 0;
  if (skipLine > (listed[0]?.tags[0]?.line ?? Infinity)) problems.push('EXT-X-SKIP comes after a segment (§4.4.5.2)');
  const boundarySec = decimalOf(control?.get('CAN-SKIP-UNTIL'));
  if (Number.isNaN(boundarySec)) return [...problems, 'segments are skipped without CAN-SKIP-UNTIL (§6.2.5.1)'];
  // Measured from the end of the last whole segment; players hold the server to that.
  const listedSec = sumOf(listed);
  if (listedSec < boundarySec - ROUNDING_SEC) problems.push(`segments are skipped that end ${Number(listedSec.toFixed(3))} s before the end of the last one, and the skip boundary is ${boundarySec} s (§6.2.5.1)`);
  const [first, ...others] = listed;
  if (first !== undefined && sumOf(others) > boundarySec + ROUNDING_SEC) problems.push(`segment ${first.number}: is beyond the skip boundary of ${boundarySec} s, and not skipped (§6.2.5.1)`);
  return problems;
}

function lintHints(playlist: ReadPlaylist): string[] {
  const problems: string[] = [];
  const listed = new Set(startsOf(playlist).flatMap(({ parts }) => parts.map(({ uri }) => uri)));
  const types = playlist.hints.map(({ values }) => values.get('TYPE') ?? 'none');
  for (const { values, uri, line } of playlist.hints) {
    const say = (what: string): void => void problems.push(`line ${line}: EXT-X-PRELOAD-HINT ${what} (§4.4.5.3)`);
    if (!/^(?:PART|MAP)$/.test(values.get('TYPE') ?? '')) say('has a TYPE other than PART and MAP');
    if (!QUOTED.test(values.get('URI') ?? '')) say('has no quoted URI');
    for (const name of ['BYTERANGE-START', 'BYTERANGE-LENGTH']) if (!WHOLE.test(values.get(name) ?? '0')) say(`${name} is no whole number`);
    if (values.get('TYPE') === 'PART' && !values.has('BYTERANGE-START') && listed.has(uri)) say('names a part that is listed');
    if (playlist.hasEnd) say('comes with EXT-X-ENDLIST');
  }
  for (const type of new Set(types)) if (types.indexOf(type) !== types.lastIndexOf(type)) problems.push(`two EXT-X-PRELOAD-HINT have TYPE ${type} (§6.2.6)`);
  return problems;
}

function lintReports({ reports }: ReadPlaylist): string[] {
  return reports.flatMap(({ values, uri, line }, i) => {
    const problems: string[] = [];
    const say = (what: string): void => void problems.push(`line ${line}: EXT-X-RENDITION-REPORT ${what} (§4.4.5.4)`);
    if (!QUOTED.test(values.get('URI') ?? '')) say('has no quoted URI');
    else if (isAbsolute(uri)) say('has a URI that is not relative');
    for (const name of ['LAST-MSN', 'LAST-PART']) if (!WHOLE.test(values.get(name) ?? '')) say(`has no whole number as ${name}`);
    if (reports.slice(0, i).some((other: ReadAside) => other.uri === uri)) say(`names ${uri} again`);
    return problems;
  });
}

function isAbsolute(uri: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(uri);
}
