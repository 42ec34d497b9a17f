import { u32 } from '../../../streams/index.js';
import type { Fragment } from '../../mp4/segment-file.js';
import type { SampleTime } from './sample-times.js';

/** The group of pictures that a clip starts in: which of them are encoded anew, and where copying goes on. */
export interface HeadPlan {
  /** When the first picture is shown. */
  startTicks: number;
  /** When those that are encoded anew have been shown; Infinity up to the end of the segment. */
  untilTicks: number;
  /** When each of them is shown, rising; none where the clip starts with a key frame. */
  shownTicks: number[];
  /** When each of them is decoded. */
  decodeTicks: number[];
  /** When decoding goes on after them. */
  nextDecodeTicks: number;
  /** The first sample that is copied, in the order of decoding. */
  copiedFrom: number;
}

const NOT_SYNC = 0x00010000;

/** What is on the screen at the wanted time comes first. @param samples of the segment that has it, in the order of decoding. */
export function planHead(samples: SampleTime[], wantedTicks: number): HeadPlan {
  const all = samples.map(({ shownTicks }) => shownTicks);
  const startTicks = Math.max(...all.filter((ticks) => ticks <= wantedTicks).concat(Math.min(...all)));
  const keyAt = samples.findIndex(({ isKey, shownTicks }) => isKey && shownTicks >= startTicks);
  const copiedFrom = keyAt === -1 ? samples.length : keyAt;
  const before = samples.slice(0, copiedFrom);
  const shownTicks = before.map((sample) => sample.shownTicks).filter((ticks) => ticks >= startTicks).sort((a, b) => a - b);
  // As many of the old times of decoding, the last ones: they are early enough, and the next group follows on them.
  const decodeTicks = before.map((sample) => sample.decodeTicks).slice(copiedFrom - shownTicks.length);
  const last = samples.at(-1);
  const endTicks = last === undefined ? 0 : last.decodeTicks + last.durationTicks;
  return {
    startTicks, shownTicks, decodeTicks, copiedFrom,
    untilTicks: samples[copiedFrom]?.shownTicks ?? Infinity,
    nextDecodeTicks: samples[copiedFrom]?.decodeTicks ?? endTicks,
  };
}

/** Whether pictures after the first one, a key frame, are shown before it: they are made from those before, too. */
export function isOpenGroup([key, ...others]: SampleTime[]): boolean {
  return key !== undefined && others.some(({ shownTicks }) => shownTicks < key.shownTicks);
}

/** The samples of pictures that were encoded anew, one after the other in the order of showing. */
export function headFragment({ shownTicks, decodeTicks, nextDecodeTicks }: HeadPlan, pictures: { isKey: boolean; payload: Buffer }[]): Fragment {
  const entries = pictures.map(({ isKey, payload }, i) => {
    const at = decodeTicks[i] ?? 0;
    return u32((decodeTicks[i + 1] ?? nextDecodeTicks) - at, payload.length, isKey ? 0 : NOT_SYNC, (shownTicks[i] ?? at) - at);
  });
  const startTicks = decodeTicks[0] ?? 0;
  return {
    decodeTicks: startTicks,
    durationTicks: nextDecodeTicks - startTicks,
    samples: pictures.length,
    entries: Buffer.concat(entries),
    dataOffset: 0,
    dataBytes: pictures.reduce((sum, { payload }) => sum + payload.length, 0),
  };
}
