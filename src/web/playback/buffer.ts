/** Ranges this close are one: encoders leave such holes between sound and picture. */
const TOUCHING_SEC = 0.1;

/** How much is buffered from where the video is, without a hole, seconds. */
export function bufferAhead({ buffered, currentTime }: Pick<HTMLVideoElement, 'buffered' | 'currentTime'>): number {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + TOUCHING_SEC && buffered.end(index) > currentTime) return buffered.end(index) - currentTime;
  }
  return 0;
}
