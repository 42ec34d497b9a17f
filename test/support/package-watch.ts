import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LivePackage } from '../../src/packager/index.js';
import { readFragments } from './fragment-reading.js';
import type { ReadFragment } from './fragment-reading.js';
import { PlaylistSeries, lintBandwidth, lintDelta, lintMultivariantPlaylist, lintRenditions, lintReports } from './playlist-linter.js';
import type { ReadPart, ReadPlaylist, ReadSegment } from './playlist-reading.js';

export interface WatchFigures {
  /** Playlists that were read. */
  playlists: number;
  /** Parts that were fetched. */
  parts: number;
  missedHints: number;
}

/** How often all playlists are held against each other, ms of media time. */
const COMPARE_EVERY_MS = 10_000;
/** RFC 8216bis §6.2.2: a part stays for this many target durations after it is listed no more. */
const PART_KEPT_TARGETS = 3;
/** How old the playlist may be that a delta update is joined with. A player reloads at each part; older ones it replaces (RFC 8216bis §6.3.7). */
const DELTA_AGE_MS = 1_000;
const TIMESCALES = { audio: 48_000, video: 90_000 };
const MAX_PROBLEMS = 20;

interface Watched {
  series: PlaylistSeries;
  edge: string;
  /** The latest full playlists: what a player may have when it asks for a delta update. */
  recent: { atMs: number; text: string }[];
  /** Parts that were read, and until their segment is finished, their bytes. */
  fetched: Set<string>;
  bytes: Map<string, Buffer>;
  endTicks: { initUri: string | undefined; ticks: number };
}

/** Looks at a live package as players do, at every change: reads playlists, fetches what they list, and keeps the problems. */
export class PackageWatch {
  readonly #live: LivePackage;
  readonly #watched = new Map<string, Watched>();
  readonly #gone: { name: string; uri: string; untilMs: number }[] = [];
  #problems: string[] = [];
  #hasAdvanced = false;
  #nextCompareMs = 0;
  #playlists = 0;
  #parts = 0;

  constructor(live: LivePackage) {
    this.#live = live;
    live.on('advanced', () => {
      this.#hasAdvanced = true;
    });
  }

  figures(): WatchFigures {
    const missedHints = [...this.#watched.values()].reduce((sum, { series }) => sum + series.missedHints, 0);
    return { playlists: this.#playlists, parts: this.#parts, missedHints };
  }

  /** Problems since the last time, the first few of them. */
  takeProblems(): string[] {
    return this.#problems.splice(0).slice(0, MAX_PROBLEMS);
  }

  /** Reads the playlists that say more than before. @param nowMs media time. */
  look(nowMs: number): void {
    if (!this.#hasAdvanced) return;
    this.#hasAdvanced = false;
    for (const { name } of this.#live.facts()) this.#lookAt(name, nowMs);
    this.#lookAtGone(nowMs);
    if (nowMs < this.#nextCompareMs) return;
    this.#nextCompareMs = nowMs + COMPARE_EVERY_MS;
    this.#compare(nowMs);
  }

  #say(nowMs: number, problems: string[]): void {
    this.#problems.push(...problems.map((problem) => `${(nowMs / 1000).toFixed(3)} s: ${problem}`));
  }

  #lookAt(name: string, nowMs: number): void {
    const edge = JSON.stringify(this.#live.edge(name));
    const watched = this.#watched.get(name) ?? { series: new PlaylistSeries(), edge: '', recent: [], fetched: new Set<string>(), bytes: new Map<string, Buffer>(), endTicks: { initUri: undefined, ticks: 0 } };
    this.#watched.set(name, watched);
    const text = edge === watched.edge ? undefined : this.#live.mediaPlaylist(name);
    if (text === undefined) return;
    watched.edge = edge;
    this.#playlists++;
    const before = watched.series.playlist;
    this.#say(nowMs, watched.series.next(text).map((problem) => `${name}: ${problem}`));
    const now = watched.series.playlist;
    if (now === undefined) return;
    this.#say(nowMs, this.#lintMedia(watched, now).map((problem) => `${name}: ${problem}`));
    this.#keepGone(name, before, now, nowMs);
    watched.recent = [...watched.recent.filter(({ atMs }) => atMs >= nowMs - DELTA_AGE_MS), { atMs: nowMs, text }];
  }

  /** Fetches what is new, and holds the bytes against what the playlist says of them. */
  #lintMedia(watched: Watched, now: ReadPlaylist): string[] {
    const problems: string[] = [];
    for (const start of [...now.segments.slice(-2), ...(now.open ? [now.open] : [])]) {
      start.parts.forEach((part, i) => {
        if (part.isGap || watched.fetched.has(part.uri)) return;
        const bytes = this.#fetchPart(part.uri);
        this.#parts++;
        watched.fetched.add(part.uri);
        watched.bytes.set(part.uri, bytes ?? Buffer.alloc(0));
        if (bytes === undefined) problems.push(`part ${start.number}.${i} is listed, and cannot be fetched (§6.2.1)`);
        else problems.push(...lintPartBytes(bytes, part, watched, start.initUri).map((problem) => `part ${start.number}.${i} ${problem}`));
      });
    }
    for (const segment of now.segments.slice(-2)) problems.push(...this.#lintSegment(segment, watched));
    const hint = now.hints[0]?.uri;
    if (hint !== undefined && this.#findPart(hint) !== 'coming') problems.push(`the hinted part ${hint} cannot be waited for (§6.2.6)`);
    return problems;
  }

  #lintSegment({ number, uri, parts, isGap }: ReadSegment, { bytes }: Watched): string[] {
    if (isGap || parts.length === 0 || !parts.every((part) => bytes.has(part.uri))) return [];
    const whole = bytesOf(this.#live.findFile(uri.split('/').slice(3).join('/')));
    const joined = Buffer.concat(parts.map((part) => bytes.get(part.uri) ?? Buffer.alloc(0)));
    for (const part of parts) bytes.delete(part.uri);
    if (whole === undefined) return [`segment ${number} is listed, and cannot be fetched (§6.2.1)`];
    return whole.equals(joined) ? [] : [`segment ${number} has ${whole.length} bytes, and its parts ${joined.length} others (§3.2)`];
  }

  #keepGone(name: string, before: ReadPlaylist | undefined, now: ReadPlaylist, nowMs: number): void {
    const still = new Set(now.segments.flatMap(({ parts }) => parts.map(({ uri }) => uri)));
    const untilMs = nowMs + PART_KEPT_TARGETS * now.targetDurationSec * 1000;
    for (const { parts } of before?.segments ?? []) {
      for (const { uri, isGap } of parts) if (!isGap && !still.has(uri)) this.#gone.push({ name, uri, untilMs });
    }
  }

  #lookAtGone(nowMs: number): void {
    while ((this.#gone[0]?.untilMs ?? Infinity) <= nowMs) this.#gone.shift();
    for (const { name, uri } of this.#gone.slice(0, 1)) {
      if (this.#fetchPart(uri) === undefined) this.#say(nowMs, [`${name}: ${uri} is gone within three target durations after it was listed (§6.2.2)`]);
    }
  }

  /** The playlists of one moment, side by side, and their delta updates. */
  #compare(nowMs: number): void {
    const texts = Object.fromEntries(this.#live.facts().flatMap(({ name }) => {
      const text = this.#live.mediaPlaylist(name);
      return text === undefined ? [] : [[name, text]];
    }));
    this.#say(nowMs, [...lintRenditions(texts), ...lintReports(texts)]);
    for (const [name, full] of Object.entries(texts)) {
      const delta = this.#live.mediaPlaylist(name, { isDelta: true }) ?? '';
      const before = this.#watched.get(name)?.recent[0]?.text ?? full;
      if (delta !== full) this.#say(nowMs, lintDelta({ before, delta, full }).map((problem) => `${name}: ${problem}`));
    }
    const multivariant = this.#live.multivariantPlaylist();
    if (multivariant === undefined) return;
    this.#say(nowMs, lintMultivariantPlaylist(multivariant));
    this.#say(nowMs, lintBandwidth(multivariant, {
      playlist: (uri) => texts[path.dirname(uri)] ?? '',
      sizeOf: (uri) => this.#live.findFile(uri.split('/').slice(3).join('/'))?.sizeBytes,
    }));
  }

  #findPart(uri: string): ReturnType<LivePackage['findPart']> {
    const [, name = '', number, index] = /\/([^/]+)\/(\d+)\.(\d+)\.m4s$/.exec(uri) ?? [];
    return this.#live.findPart(name, Number(number), Number(index));
  }

  #fetchPart(uri: string): Buffer | undefined {
    const found = this.#findPart(uri);
    return found === 'coming' ? undefined : bytesOf(found);
  }
}

function bytesOf(stored: ReturnType<LivePackage['findFile']>): Buffer | undefined {
  if (stored === undefined) return undefined;
  if ('buffers' in stored) return Buffer.concat(stored.buffers);
  const bytes = readFileSync(stored.file);
  const start = stored.offsetBytes ?? 0;
  return bytes.subarray(start, start + stored.sizeBytes);
}

function lintPartBytes(bytes: Buffer, part: ReadPart, watched: Watched, initUri: string | undefined): string[] {
  const fragments = readFragments(bytes);
  const [first] = fragments;
  if (first === undefined) return ['is empty (§3.2)'];
  const durationTicks = fragments.reduce((sum, fragment) => sum + fragment.durationTicks, 0);
  const timescale = part.uri.includes('/audio/') ? TIMESCALES.audio : TIMESCALES.video;
  const durations = [timescale, 44_100].map((ticksPerSec) => Math.abs(durationTicks / ticksPerSec - part.durationSec));
  // A part whose last picture stands longer than a part may last is listed as long as that.
  const lastTicks = fragments.at(-1)?.samples.at(-1)?.durationTicks ?? 0;
  const isCut = durationTicks / timescale > part.durationSec && (durationTicks - lastTicks) / timescale < part.durationSec;
  return [
    ...(Math.min(...durations) > 0.00001 && !isCut ? [`lasts ${durationTicks / timescale} s, and the playlist says ${part.durationSec} (§4.4.4.9)`] : []),
    ...(first.samples[0]?.isSync === part.isIndependent ? [] : [`starts ${part.isIndependent ? 'without' : 'with'} a key frame, and the playlist says otherwise (§4.4.4.9)`]),
    ...lintTimeline(first, durationTicks, watched, initUri),
  ];
}

/** What overlaps is cut away or refused by Media Source Extensions. */
function lintTimeline({ decodeTicks }: ReadFragment, durationTicks: number, watched: Watched, initUri: string | undefined): string[] {
  const before = watched.endTicks;
  watched.endTicks = { initUri, ticks: decodeTicks + durationTicks };
  return before.initUri === initUri && decodeTicks < before.ticks ? [`starts ${before.ticks - decodeTicks} ticks before the end of the part before it (§6.2.1)`] : [];
}
