import { readFragments, readInitFile } from '../../mp4/segment-file.js';
import { readInit, withAvcRecord } from '../../mp4/track-init.js';
import type { TrackInit } from '../../mp4/track-init.js';
import type { EncodedHead, Mp4Segment, Mp4Track } from '../../mp4/track-reader.js';
import { ClipInexact } from '../errors.js';
import { headFragment, isOpenGroup, planHead } from './head-plan.js';
import type { HeadPlan } from './head-plan.js';
import type { EncodePictures } from './picture-encoder.js';
import { sampleTimes } from './sample-times.js';
import type { SampleTime } from './sample-times.js';

/** Tracks of whole segments, and what of them is wanted, ms of their file. */
export interface ExactWish {
  tracks: Mp4Track[];
  fromMs: number;
  untilMs: number;
}

export interface ExactCut {
  tracks: Mp4Track[];
  /** What is left out at the start, ms. */
  leadMs: number;
}

interface ReadSegment {
  init: TrackInit;
  samples: SampleTime[];
}

interface Head extends HeadPlan {
  leadMs: number;
  /** Undefined where the cut starts with a key frame. */
  encoded: Omit<EncodedHead, 'segment'> | undefined;
}

/** Players round times to milliseconds. */
const ROUNDED_MS = 1;

/**
 * Makes the tracks start with the picture that is on the screen at a time, and end at another: the pictures up to the next
 * key frame are encoded anew, all others and the sound are copied.
 * @throws {ClipInexact}, and what reading segments throws.
 */
export async function exactCut({ tracks, fromMs, untilMs }: ExactWish, encode: EncodePictures): Promise<ExactCut> {
  const video = tracks.find(({ kind }) => kind === 'video');
  const head = video && (await makeHead(video.segments, fromMs, encode));
  const leadMs = head?.leadMs ?? fromMs;
  const cut: Mp4Track[] = [];
  for (const track of tracks) cut.push(await trim(track, { leadMs, endMs: untilMs - fromMs, head }));
  return { tracks: cut, leadMs };
}

async function makeHead([first, second]: Mp4Segment[], fromMs: number, encode: EncodePictures): Promise<Head | undefined> {
  if (first === undefined) return undefined;
  const { init, samples } = await readSegment(first);
  if (init.codec !== 'avc1') throw new ClipInexact(`${init.codec} is not encoded`);
  const plan = planHead(samples, ((first.startMs - first.atMs + fromMs + ROUNDED_MS) * init.timescale) / 1000);
  const leadMs = (plan.startTicks * 1000) / init.timescale - first.startMs + first.atMs;
  if (plan.shownTicks.length === 0) return { ...plan, leadMs, encoded: undefined };
  const copied = samples.slice(plan.copiedFrom);
  const next = copied.length > 0 || second === undefined ? copied : (await readSegment(second)).samples;
  if (isOpenGroup(next)) throw new ClipInexact('the next group of pictures needs those that would be encoded');
  return { ...plan, leadMs, encoded: await encodeHead(first, { init, plan, encode }) };
}

async function encodeHead({ initFile, file }: Mp4Segment, { init, plan, encode }: { init: TrackInit; plan: HeadPlan; encode: EncodePictures }): Promise<Head['encoded']> {
  const { startTicks, untilTicks, shownTicks } = plan;
  const { record, pictures } = await encode({ initFile, file, startTicks, untilTicks, count: shownTicks.length });
  return { init: withAvcRecord(init, record), fragment: headFragment(plan, pictures), payload: Buffer.concat(pictures.map(({ payload }) => payload)) };
}

/** Sound begins with the piece that is played at the start: players leave out what of it comes before. */
async function trim(track: Mp4Track, { leadMs, endMs, head }: { leadMs: number; endMs: number; head: Head | undefined }): Promise<Mp4Track> {
  const segments = track.segments.map((segment) => ({ ...segment, atMs: segment.atMs - leadMs }));
  const [first, last] = [segments[0], segments.at(-1)];
  if (first === undefined || last === undefined) return track;
  const [starts, ends] = [await shownMs(first), await shownMs(last)];
  const from = track.kind === 'video' && head ? head.copiedFrom : Math.max(0, starts.findLastIndex((ms) => ms <= 0));
  const to = ends.findLastIndex((ms) => ms < endMs - ROUNDED_MS) + 1;
  const kept = segments.map((segment) => ({ ...segment, samples: { from: segment === first ? from : 0, to: segment === last ? to : Infinity } }));
  const isEmpty = ({ samples }: (typeof kept)[number], i: number): boolean => samples.from >= (i === 0 ? Math.min(starts.length, samples.to) : samples.to);
  return {
    ...track, endMs,
    ...(track.kind === 'video' && head?.encoded && { head: { ...head.encoded, segment: first } }),
    segments: kept.filter((segment, i) => !isEmpty(segment, i)),
  };
}

/** When each sample is shown, ms of the file, in the order of decoding. */
async function shownMs(segment: Mp4Segment): Promise<number[]> {
  const { init: { timescale }, samples } = await readSegment(segment);
  return samples.map(({ shownTicks }) => (shownTicks * 1000) / timescale - segment.startMs + segment.atMs);
}

async function readSegment({ initFile, file, sizeBytes }: Mp4Segment): Promise<ReadSegment> {
  return { init: readInit(await readInitFile(initFile)), samples: sampleTimes(await readFragments(file, sizeBytes)) };
}
