import type { StoredRecording } from './queries.js';

export interface RetentionLimits {
  /** Infinity where there is no limit. */
  maxAgeMs: number;
  maxDiskBytes: number;
  minFreeBytes: number;
}

export interface Expiry {
  id: string;
  reason: 'age' | 'budget' | 'disk';
}

/**
 * Which recordings have to go, the oldest first. Kept ones never do, though they count for the budget.
 * @param now.needed ids of those that somebody still reads from the disk: they go last, and only when it is full
 */
export function expiredRecordings(stored: StoredRecording[], limits: RetentionLimits, now: { nowMs: number; freeBytes: number; needed?: ReadonlySet<string> }): Expiry[] {
  const { needed = new Set() } = now;
  let usedBytes = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let { freeBytes } = now;
  const expired: Expiry[] = [];
  const inOrder = stored.filter(({ isKept }) => !isKept).sort((a, b) => Number(needed.has(a.id)) - Number(needed.has(b.id)) || a.startedAt.getTime() - b.startedAt.getTime());
  for (const { id, endedAt, sizeBytes } of inOrder) {
    const isFull = freeBytes < limits.minFreeBytes;
    if (needed.has(id) && !isFull) continue;
    const reason = now.nowMs - endedAt.getTime() > limits.maxAgeMs ? 'age'
      : usedBytes > limits.maxDiskBytes ? 'budget'
      : isFull ? 'disk' : undefined;
    if (reason === undefined) continue;
    expired.push({ id, reason });
    usedBytes -= sizeBytes;
    freeBytes += sizeBytes;
  }
  return expired;
}
