import type { ArchivedFile } from '../../api/archive-contract.js';

/** Microseconds; `atUs` is where it plays, `startUs` when it was on air. */
interface Span {
  startUs: number;
  durationUs: number;
  atUs: number;
}

/** The show as its recording plays it: from its first segment on, one after another, whenever they were on air. */
export interface Timeline {
  /** Their segments' times are the recording's. */
  files: ArchivedFile[];
  /** A moment of the broadcast's clock, ms. */
  momentMs(playedSec: number): number;
  playedSec(momentMs: number): number;
}

export function timelineOf(files: ArchivedFile[]): Timeline {
  const spans = spansOf(files);
  const inOrder = [...spans.values()];
  return {
    files: files.map((file) => {
      const span = file.number === null ? undefined : spans.get(file.number);
      return span === undefined || file.startUs === null ? file : { ...file, startUs: file.startUs - span.startUs + span.atUs };
    }),
    momentMs: (playedSec) => moved(inOrder, playedSec * 1e6, 'atUs', 'startUs') / 1000,
    playedSec: (momentMs) => moved(inOrder, momentMs * 1000, 'startUs', 'atUs') / 1e6,
  };
}

/** By the number of the segment, which all renditions share; in their order. */
function spansOf(files: ArchivedFile[]): Map<number, Span> {
  const spans = new Map<number, Span>();
  for (const { number, startUs, durationUs } of files) {
    if (number === null || startUs === null || durationUs === null) continue;
    const known = spans.get(number) ?? { startUs, durationUs, atUs: 0 };
    spans.set(number, { startUs: Math.min(known.startUs, startUs), durationUs: Math.max(known.durationUs, durationUs), atUs: 0 });
  }
  let atUs = 0;
  return new Map([...spans].toSorted(([a], [b]) => a - b).map(([number, span]) => {
    const placed = { ...span, atUs };
    atUs += span.durationUs;
    return [number, placed];
  }));
}

/** What is in no span is at the end of the one before. */
function moved(spans: Span[], us: number, from: 'atUs' | 'startUs', to: 'atUs' | 'startUs'): number {
  const span = spans.findLast((one) => one[from] <= us) ?? spans[0];
  if (span === undefined) return us;
  return Math.round(span[to] + Math.min(span.durationUs, Math.max(0, us - span[from])));
}
