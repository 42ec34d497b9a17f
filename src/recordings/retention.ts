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

/** Which recordings have to go, the oldest first. Kept ones never do, though they count for the budget. */
export function expiredRecordings(stored: StoredRecording[], limits: RetentionLimits, now: { nowMs: number; freeBytes: number }): Expiry[] {
  let usedBytes = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let { freeBytes } = now;
  const expired: Expiry[] = [];
  for (const { id, endedAt, sizeBytes } of stored.filter(({ isKept }) => !isKept).sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime())) {
    const reason = now.nowMs - endedAt.getTime() > limits.maxAgeMs ? 'age'
      : usedBytes > limits.maxDiskBytes ? 'budget'
      : freeBytes < limits.minFreeBytes ? 'disk' : undefined;
    if (reason === undefined) continue;
    expired.push({ id, reason });
    usedBytes -= sizeBytes;
    freeBytes += sizeBytes;
  }
  return expired;
}
