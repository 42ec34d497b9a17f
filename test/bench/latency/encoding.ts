/** How a publisher encodes its pictures. */
export interface Encoding {
  description: string;
  /** Arguments for libx264. */
  x264: string[];
  gopSec: number;
}

const ZERO_LATENCY = ['-preset', 'ultrafast', '-tune', 'zerolatency'];

export const NO_LOOK_AHEAD: Encoding = { description: 'x264 ultrafast zerolatency, key frame every 2 s; AAC', x264: ZERO_LATENCY, gopSec: 2 };
export const NO_LOOK_AHEAD_SHORT: Encoding = { description: 'x264 ultrafast zerolatency, key frame every second; AAC', x264: ZERO_LATENCY, gopSec: 1 };
/** What OBS sends unless told otherwise. */
export const BROADCAST: Encoding = { description: 'x264 veryfast with 2 B-frames, key frame every 2 s; AAC', x264: ['-preset', 'veryfast', '-bf', '2'], gopSec: 2 };
