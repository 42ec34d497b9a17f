/** Ranges this close are one: encoders leave such holes between sound and picture. */
const TOUCHING_SEC = 0.1;

/** How much is buffered from where the video is, without a hole, seconds. */
export function bufferAhead({ buffered, currentTime }: Pick<HTMLVideoElement, 'buffered' | 'currentTime'>): number {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + TOUCHING_SEC && buffered.end(index) > currentTime) return buffered.end(index) - currentTime;
  }
  return 0;
}

/** The last stretch that is buffered: the newest media, perhaps behind a hole. Both ends are 0 when there is none. */
export function newestRange({ buffered }: Pick<HTMLVideoElement, 'buffered'>): { startSec: number; endSec: number } {
  const last = buffered.length - 1;
  return last < 0 ? { startSec: 0, endSec: 0 } : { startSec: buffered.start(last), endSec: buffered.end(last) };
}
