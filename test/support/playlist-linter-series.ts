import { lintRead } from './playlist-linter-media.js';
import { secondsBehind, startsOf } from './playlist-linter-parts.js';
import { readMediaPlaylist } from './playlist-reading.js';
import type { ReadAside, ReadPart, ReadPlaylist, ReadSegment, ReadStart } from './playlist-reading.js';

const ROUNDED_SEC = 0.0005;

/** One media playlist from reload to reload, as a player keeps it; delta updates are joined with what came before. */
export class PlaylistSeries {
  #before: ReadPlaylist | undefined;
  /** What each address stands for. */
  readonly #places = new Map<string, string>();
  #missedHints = 0;
  #missed: { hinted: string; number: number; problem: string } | undefined;

  /** Problems of the next state, by itself and after the one before. */
  next(text: string): string[] {
    const before = this.#before;
    const now = readMediaPlaylist(text, before);
    const problems = lintRead(text, now);
    if (before !== undefined) problems.push(...lintReload(before, now), ...lintParts(before, now), ...this.#lintHint(before, now), ...this.#lintMissed(now), ...lintReportsOn(before, now));
    if (now.takenOver < (now.skipped ?? 0)) problems.push(`${now.skipped} segments are skipped, and the playlist before has ${now.takenOver} of them (§6.2.5.1)`);
    problems.push(...this.#lintPlaces(now));
    this.#before = now;
    return problems;
  }

  /** The latest state. */
  get playlist(): ReadPlaylist | undefined {
    return this.#before;
  }

  /** Hints whose part was not the next that came: a player that asked early asked in vain. */
  get missedHints(): number {
    return this.#missedHints;
  }

  /** Whether the part that was promised is the next one that came. */
  #lintHint(before: ReadPlaylist, now: ReadPlaylist): string[] {
    const hinted = hintOf(before);
    if (hinted === undefined || before.hasEnd || now.hasEnd || hintOf(now) === hinted) return [];
    const { fresh, isReplanned } = nextPart(before, now);
    if (fresh === 'unknown' || fresh?.part.uri === hinted) return [];
    this.#missedHints++;
    // RFC 8216bis §6.2.6: the end of a segment may come before a part that was planned.
    if (isReplanned) return [];
    if (fresh === undefined) return [`the hint of ${hinted} is gone, and the part never came (§4.4.5.3)`];
    this.#missed = { hinted, number: fresh.number, problem: `part ${fresh.number}.${fresh.index} is ${fresh.part.uri}, and the hint said ${hinted} (§4.4.5.3)` };
    return [];
  }

  /** A segment that went on where the next one was promised: that one has to be where it was said. */
  #lintMissed(now: ReadPlaylist): string[] {
    const missed = this.#missed;
    const next = missed && startsOf(now).find(({ number, parts }) => number > missed.number && parts.length > 0);
    if (missed === undefined || next === undefined) return [];
    this.#missed = undefined;
    return next.parts[0]?.uri === missed.hinted ? [] : [missed.problem];
  }

  /** An address never stands for two things: caches keep what they got. */
  #lintPlaces(now: ReadPlaylist): string[] {
    const named: [string, string][] = startsOf(now).flatMap((start) => [
      ...start.parts.map((part, i): [string, string] => [`${part.uri} ${part.values.get('BYTERANGE') ?? ''}`.trim(), `part ${start.number}.${i}`]),
      ...('uri' in start && !start.tags.some(({ name }) => name === 'EXT-X-BYTERANGE') ? [[start.uri, `segment ${start.number}`] satisfies [string, string]] : []),
    ]);
    return named.flatMap(([uri, place]) => {
      const known = this.#places.get(uri);
      this.#places.set(uri, known ?? place);
      return known === undefined || known === place ? [] : [`${place} has the URI of ${known} (§6.2.1)`];
    });
  }
}

/** Problems between successive states of one media playlist, oldest first; each state is checked by itself too. */
export function lintSeries(texts: string[]): string[] {
  const series = new PlaylistSeries();
  return texts.flatMap((text, i) => series.next(text).map((problem) => `playlist ${i}: ${problem}`));
}

/** Whether a delta update, joined with an earlier playlist, says what the full playlist of its moment says (RFC 8216bis §6.2.5.1). */
export function lintDelta(options: { before: string; delta: string; full: string }): string[] {
  const joined = readMediaPlaylist(options.delta, readMediaPlaylist(options.before));
  const full = readMediaPlaylist(options.full);
  if (joined.skipped === undefined) return ['it is not a delta update: EXT-X-SKIP is missing (§6.2.5.1)'];
  if (joined.takenOver < joined.skipped) return [`${joined.skipped} segments are skipped, and the playlist before has ${joined.takenOver} of them (§6.2.5.1)`];
  const problems: string[] = [];
  for (const name of ['EXT-X-TARGETDURATION', 'EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE', 'EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF', 'EXT-X-PRELOAD-HINT', 'EXT-X-RENDITION-REPORT']) {
    const [here, there] = [joined, full].map(({ tags }) => tags.filter((tag) => tag.name === name).map(({ value }) => value).join(' '));
    if (here !== there) problems.push(`${name} is "${here}", and "${there}" in the full playlist (§6.2.5.1)`);
  }
  const numbers = new Set([...startsOf(joined), ...startsOf(full)].map(({ number }) => number));
  for (const number of numbers) {
    const [here, there] = [joined, full].map((playlist) => factsOf(startsOf(playlist).find((start) => start.number === number)));
    if (here !== there) problems.push(`segment ${number} is not as in the full playlist (§6.2.5.1)`);
  }
  return problems;
}

function factsOf(start: ReadStart | ReadSegment | undefined): string {
  if (start === undefined) return 'missing';
  const { startsAtMs, discontinuity, initUri, isGap, parts } = start;
  const end = 'uri' in start ? [start.uri, start.durationSec] : [];
  return JSON.stringify([startsAtMs, discontinuity, initUri, isGap, end, parts.map(({ values }) => [...values])]);
}

function lintReload(before: ReadPlaylist, now: ReadPlaylist): string[] {
  const problems = lintHeader(before, now);
  const [oldFirst, oldLast] = [before.segments[0], before.segments.at(-1)];
  const [first, last] = [now.segments[0], now.segments.at(-1)];
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
    if (same !== undefined) problems.push(...lintSame(old, same), ...lintSameStart(old, same));
  }
  return problems;
}

function lintHeader(before: ReadPlaylist, now: ReadPlaylist): string[] {
  const problems: string[] = [];
  if (before.targetDurationSec !== now.targetDurationSec) problems.push(`the target duration changed from ${before.targetDurationSec} to ${now.targetDurationSec} (§6.2.1)`);
  for (const name of ['EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF']) {
    const [old, value] = [before, now].map(({ tags }) => tags.find((tag) => tag.name === name)?.value ?? 'nothing');
    if (old !== value) problems.push(`${name} changed from ${old} to ${value} (§6.2.1)`);
  }
  return problems;
}

/** What the same number stands for may not change. */
function lintSame(old: ReadSegment, now: ReadSegment): string[] {
  return [
    ...(old.uri === now.uri ? [] : [changed(old.number, 'URI', '6.2.1')]),
    ...(Math.abs(old.durationSec - now.durationSec) < ROUNDED_SEC ? [] : [changed(old.number, 'duration', '6.2.1')]),
  ];
}

function lintSameStart(old: ReadStart, now: ReadStart): string[] {
  return [
    ...(old.startsAtMs === now.startsAtMs ? [] : [changed(old.number, 'date', '6.2.1')]),
    ...(old.discontinuity === now.discontinuity ? [] : [changed(old.number, 'discontinuity number: a removed discontinuity was not counted', '6.2.2')]),
    ...(old.initUri === now.initUri ? [] : [changed(old.number, 'EXT-X-MAP', '6.2.1')]),
    ...(old.isGap === now.isGap ? [] : [changed(old.number, 'EXT-X-GAP', '6.2.1')]),
  ];
}

function changed(number: number, what: string, section: string): string {
  return `segment ${number} has another ${what} than before (§${section})`;
}

/** Parts stay as they were listed, and go all together, far from the end. */
function lintParts(before: ReadPlaylist, now: ReadPlaylist): string[] {
  const later = startsOf(now);
  const problems: string[] = [];
  for (const old of startsOf(before).filter(({ parts }) => parts.length > 0)) {
    const same = later.find(({ number }) => number === old.number);
    if (same !== undefined) problems.push(...lintSameParts(old, same, now));
    else if (old === before.open && old.number >= (later[0]?.number ?? 0)) problems.push(`segment ${old.number}: is gone with its parts (§6.2.1)`);
    if (old === before.open && same !== undefined) problems.push(...lintSameStart(old, same));
  }
  return problems;
}

function lintSameParts(old: ReadStart | ReadSegment, now: ReadStart | ReadSegment, playlist: ReadPlaylist): string[] {
  if (now.parts.length === 0) {
    const isNear = secondsBehind(playlist, now.number) < 3 * playlist.targetDurationSec - ROUNDED_SEC;
    return isNear ? [`segment ${now.number}: its parts are gone, less than three target durations from the end (§6.2.1)`] : [];
  }
  const late = 'uri' in old && now.parts.length > old.parts.length ? [`segment ${now.number}: got another part after its end (§6.2.1)`] : [];
  return [...late, ...old.parts.flatMap((part, i) => lintSamePart(part, now.parts[i], `part ${now.number}.${i}`))];
}

function lintSamePart(old: ReadPart, now: ReadPart | undefined, place: string): string[] {
  if (now === undefined) return [`${place} is gone (§6.2.1)`];
  return ['URI', 'DURATION', 'INDEPENDENT', 'GAP', 'BYTERANGE'].filter((name) => old.values.get(name) !== now.values.get(name)).map((name) => `${place} has another ${name} than before (§6.2.1)`);
}

function hintOf({ hints }: ReadPlaylist): string | undefined {
  return hints.find(({ values }) => values.get('TYPE') === 'PART')?.uri;
}

interface NextPart {
  /** The first part behind those that were listed before; `unknown` when it left the playlist meanwhile. */
  fresh: { number: number; index: number; part: ReadPart } | 'unknown' | undefined;
  /** The segment that the part was promised for has ended, or a hole follows it. */
  isReplanned: boolean;
}

function nextPart(before: ReadPlaylist, now: ReadPlaylist): NextPart {
  const last = startsOf(before).at(-1);
  const later = startsOf(now).filter(({ number }) => number >= (last?.number ?? 0));
  if (last === undefined || later[0]?.number !== last.number) return { fresh: 'unknown', isReplanned: true };
  const at = later.findIndex(({ number, parts }) => parts.length > (number === last.number ? last.parts.length : 0));
  const passed = later.slice(0, at < 0 ? later.length : at);
  if (passed.some(({ parts, isGap }) => parts.length === 0 && !isGap)) return { fresh: 'unknown', isReplanned: true };
  const start = later[at];
  const index = start?.number === last.number ? last.parts.length : 0;
  const part = start?.parts[index];
  const isReplanned = passed.some((one) => one.isGap || ('uri' in one && !('uri' in last)));
  return { fresh: start === undefined || part === undefined ? undefined : { number: start.number, index, part }, isReplanned };
}

function lintReportsOn(before: ReadPlaylist, now: ReadPlaylist): string[] {
  return now.reports.flatMap((report) => {
    const old = before.reports.find(({ uri }) => uri === report.uri);
    if (old === undefined) return [];
    const [[oldNumber, oldPart], [number, part]] = [lastOf(old), lastOf(report)];
    return number < oldNumber || (number === oldNumber && part < oldPart) ? [`the report of ${report.uri} went back from ${oldNumber}.${oldPart} to ${number}.${part} (§4.4.5.4)`] : [];
  });
}

function lastOf({ values }: ReadAside): [number, number] {
  return [Number(values.get('LAST-MSN')), Number(values.get('LAST-PART') ?? -1)];
}
