import type { AudioConfig, VideoConfig } from '../../streams/index.js';
import type { RecordedIndex, RecordedRendition, RecordedSegment } from './recorded-index.js';

/** One segment of a recording's playlist. */
export interface VodSegment {
  /** The rendition whose file it is; another one where this rendition has none. Undefined: nobody has it. */
  from: string | undefined;
  take: number;
  number: number;
  /** On the broadcast's clock, ms. */
  startMs: number;
  /** On the recording's clock, ms. */
  atMs: number;
  durationMs: number;
  sizeBytes: number;
  frames: number;
  /** Something is left out before it, or the format of a rendition changes with it: the same in every rendition. */
  isBreak: boolean;
}

export interface VodRendition {
  name: string;
  kind: 'video' | 'audio';
  /** Of its own takes that are shown, in order. */
  configs: (VideoConfig | AudioConfig)[];
  /** As many in every rendition, one for each number. */
  segments: VodSegment[];
}

/** A recording as players see it: what stood in for the publisher is left out. */
export interface VodTimeline {
  id: string;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
  durationMs: number;
  /** Video, best first, then audio. */
  renditions: VodRendition[];
  /** When the publisher came back, on the recording's clock, ms; with the start, when there is any other. */
  chaptersMs: number[];
}

/** One segment number, in whatever renditions have it. */
interface Slot {
  number: number;
  take: number;
  startMs: number;
  atMs: number;
  durationMs: number;
  /** The publisher was away before it. */
  isReturn: boolean;
  /** Times do not go on from the slot before. */
  isJump: boolean;
}

type Found = { rendition: RecordedRendition; segment: RecordedSegment };

/** A publisher who was away for longer begins a chapter. */
const CHAPTER_GAP_MS = 2_000;
/** Segments of rungs end a frame apart. */
const CONTIGUOUS_MS = 100;

/** The recording that the files of a broadcast are; undefined when they show nothing. */
export function vodTimeline(index: RecordedIndex): VodTimeline | undefined {
  const slots = slotsOf(index);
  const last = slots.at(-1);
  if (last === undefined) return undefined;
  const takes = new Set(slots.map(({ take }) => take));
  const ordered = index.renditions.filter(({ inits }) => [...inits.keys()].some((take) => takes.has(take))).sort(byQuality);
  const files = fileLists(ordered, slots);
  const breaks = breaksOf(slots, files);
  const renditions = ordered.map((rendition, i): VodRendition => ({
    name: rendition.name,
    kind: rendition.kind,
    configs: [...rendition.inits].filter(([take]) => takes.has(take)).sort(([a], [b]) => a - b).map(([, config]) => config),
    segments: slots.map((slot, at) => vodSegment(slot, files[i]?.[at], breaks[at] ?? false)),
  }));
  return { id: index.id, epochMs: index.epochMs, durationMs: last.atMs + last.durationMs, renditions, chaptersMs: chaptersOf(slots) };
}

/** The numbers that are shown, one after the other without the time between them. */
function slotsOf({ renditions, takes }: RecordedIndex): Slot[] {
  const slates = new Set(takes.filter(({ isSlate }) => isSlate).map(({ number }) => number));
  const longest = new Map<number, RecordedSegment>();
  for (const segment of renditions.flatMap(({ segments }) => segments)) {
    const other = longest.get(segment.number);
    if (other === undefined || segment.durationMs > other.durationMs) longest.set(segment.number, segment);
  }
  const slots: Slot[] = [];
  let isReturn = false;
  let atMs = 0;
  for (const { number, take, startMs, durationMs } of [...longest.values()].sort((a, b) => a.number - b.number)) {
    if (slates.has(take)) {
      isReturn = slots.length > 0;
      continue;
    }
    const before = slots.at(-1);
    const gapMs = before === undefined ? 0 : startMs - before.startMs - before.durationMs;
    const isNewTake = before !== undefined && before.take !== take;
    slots.push({ number, take, startMs, atMs, durationMs, isReturn: isReturn || (isNewTake && gapMs > CHAPTER_GAP_MS), isJump: Math.abs(gapMs) > CONTIGUOUS_MS });
    isReturn = false;
    atMs += durationMs;
  }
  return slots;
}

function chaptersOf(slots: Slot[]): number[] {
  const returns = slots.filter(({ isReturn }) => isReturn).map(({ atMs }) => atMs);
  return returns.length === 0 ? [] : [0, ...returns];
}

/** Video before audio, the tallest first. */
function byQuality(a: RecordedRendition, b: RecordedRendition): number {
  if (a.kind !== b.kind) return a.kind === 'video' ? -1 : 1;
  return heightOf(b) - heightOf(a);
}

function heightOf({ inits }: RecordedRendition): number {
  return Math.max(0, ...[...inits.values()].map((config) => (config.kind === 'video' ? config.height : 0)));
}

/** For each rendition the file of each slot. */
function fileLists(ordered: RecordedRendition[], slots: Slot[]): (Found | undefined)[][] {
  const byNumber = new Map(ordered.map((rendition) => [rendition, new Map(rendition.segments.map((segment) => [segment.number, segment]))]));
  return ordered.map((rendition) => {
    const sources = [rendition, ...standIns(rendition, ordered)];
    const codecs = codecsOf(rendition);
    return slots.map(({ number }) => {
      for (const source of sources) {
        const segment = byNumber.get(source)?.get(number);
        const codec = segment && source.inits.get(segment.take)?.codec;
        // Who cannot play the other codec could play nothing of a rendition that has both.
        if (segment !== undefined && codec !== undefined && codecs.has(codec)) return { rendition: source, segment };
      }
      return undefined;
    });
  });
}

/** The next lower ones first, then the higher ones. */
function standIns(rendition: RecordedRendition, ordered: RecordedRendition[]): RecordedRendition[] {
  const own = ordered.indexOf(rendition);
  const others = [...ordered.slice(own + 1), ...ordered.slice(0, own).reverse()];
  return others.filter(({ kind }) => kind === rendition.kind);
}

function codecsOf({ inits }: RecordedRendition): Set<string> {
  return new Set([...inits.values()].map(({ codec }) => codec));
}

/** Players count discontinuities to match sound with pictures: a change in one rendition is a break in all. */
function breaksOf(slots: Slot[], files: (Found | undefined)[][]): boolean[] {
  const initAt = (list: (Found | undefined)[], at: number): string => `${list[at]?.rendition.name} ${list[at]?.segment.take}`;
  return slots.map(({ isJump }, at) => at > 0 && (isJump || files.some((list) => initAt(list, at) !== initAt(list, at - 1))));
}

function vodSegment(slot: Slot, found: Found | undefined, isBreak: boolean): VodSegment {
  const { number, take, startMs, atMs, durationMs } = slot;
  // At the same time and of the same length in every rendition: sound stays with its pictures.
  return { from: found?.rendition.name, take, number, startMs, atMs, durationMs, sizeBytes: found?.segment.sizeBytes ?? 0, frames: found?.segment.frames ?? 0, isBreak };
}
