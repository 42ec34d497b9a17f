import { ENTRY_BYTES, isKeyEntry } from '../../mp4/segment-file.js';
import type { Fragment } from '../../mp4/segment-file.js';

/** A picture or a piece of sound of a segment; times in ticks of its track. */
export interface SampleTime {
  decodeTicks: number;
  shownTicks: number;
  durationTicks: number;
  isKey: boolean;
}

/** In the order of decoding. */
export function sampleTimes(fragments: Fragment[]): SampleTime[] {
  return fragments.flatMap(({ decodeTicks: startTicks, entries }) => {
    const times: SampleTime[] = [];
    let decodeTicks = startTicks;
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      const durationTicks = entries.readUInt32BE(at);
      times.push({ decodeTicks, shownTicks: decodeTicks + entries.readInt32BE(at + 12), durationTicks, isKey: isKeyEntry(entries, at) });
      decodeTicks += durationTicks;
    }
    return times;
  });
}
