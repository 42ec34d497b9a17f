const TICKS_PER_MS = 90;
const WRAP = 2 ** 32;
/** Nobody watches further behind over WebRTC: what says so was stamped by another clock than the server's. */
const BELIEVABLE_MS = 30_000;
/** Frames are never early; clocks are a little. */
const EARLY_MS = 500;

/**
 * The moment that a picture's RTP timestamp stands for, ms since 1970. The server stamps pictures with its clock, 90
 * ticks a ms, of which 32 bits are sent: they wrap every 13 hours, and the moment nearest to `nearMs` is meant.
 */
export function rtpTimeMs(rtpTimestamp: number, nearMs: number): number {
  const near = Math.round(nearMs * TICKS_PER_MS);
  const behind = (((near - rtpTimestamp) % WRAP) + WRAP) % WRAP;
  return (near - (behind < WRAP / 2 ? behind : behind - WRAP)) / TICKS_PER_MS;
}

/** How long before `nowMs` a picture was stamped, seconds, 0 or more; undefined when the stamp is of another clock. */
export function rtpAgeSec(rtpTimestamp: number, nowMs: number): number | undefined {
  const ageMs = nowMs - rtpTimeMs(rtpTimestamp, nowMs);
  return ageMs > BELIEVABLE_MS || ageMs < -EARLY_MS ? undefined : Math.max(0, ageMs) / 1000;
}
