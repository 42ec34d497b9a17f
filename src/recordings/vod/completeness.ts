import type { RecordedIndex, RecordedSegment } from './recorded-index.js';

/** Takes end raggedly: less than a segment is no loss. */
const LEAST_MISSING_MS = 2_000;
const MISSING_SHARE = 0.01;

/**
 * Whether more than a hundredth of the show is not on the disk.
 * @param lastNumber of the last segment that the broadcast made; the last on the disk when left out.
 */
export function isIncomplete(index: RecordedIndex, lastNumber?: number): boolean {
  const { missingMs, durationMs } = lossOf(index, lastNumber);
  return missingMs > LEAST_MISSING_MS && missingMs > MISSING_SHARE * (durationMs + missingMs);
}

/** Slates are no part of the show. */
function lossOf(index: RecordedIndex, lastNumber: number | undefined): { missingMs: number; durationMs: number } {
  const kindsOf = kindsByTake(index);
  const slates = new Set(index.takes.filter(({ isSlate }) => isSlate).map(({ number }) => number));
  const numbers = [...segmentsByNumber(index)].sort(([a], [b]) => a - b);
  const meanMs = mean(numbers.map(([, { segment }]) => segment.durationMs));
  let [durationMs, missingMs, next] = [0, 0, 0];
  let endMs = -Infinity;
  for (const [number, { segment, kinds }] of numbers) {
    // The clock goes on while the server is down; nobody published then.
    missingMs += Math.min(Math.max(0, segment.startMs - endMs), (number - next) * meanMs);
    if (!slates.has(segment.take)) {
      durationMs += segment.durationMs;
      if (kinds.size < (kindsOf.get(segment.take)?.size ?? 0)) missingMs += segment.durationMs;
    }
    [next, endMs] = [number + 1, segment.startMs + segment.durationMs];
  }
  return { durationMs, missingMs: missingMs + Math.max(0, (lastNumber ?? next - 1) + 1 - next) * meanMs };
}

/** Whether a take had pictures, sound or both: on a disk that is nearly full, the small files succeed. */
function kindsByTake({ renditions }: RecordedIndex): Map<number, Set<string>> {
  const byTake = new Map<number, Set<string>>();
  for (const { kind, inits } of renditions) {
    for (const take of inits.keys()) byTake.set(take, (byTake.get(take) ?? new Set()).add(kind));
  }
  return byTake;
}

function segmentsByNumber({ renditions }: RecordedIndex): Map<number, { segment: RecordedSegment; kinds: Set<string> }> {
  const byNumber = new Map<number, { segment: RecordedSegment; kinds: Set<string> }>();
  for (const { kind, segments } of renditions) {
    for (const segment of segments) {
      const known = byNumber.get(segment.number);
      byNumber.set(segment.number, { segment: known === undefined || segment.durationMs > known.segment.durationMs ? segment : known.segment, kinds: (known?.kinds ?? new Set()).add(kind) });
    }
  }
  return byNumber;
}

function mean(values: number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
