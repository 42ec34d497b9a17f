import type { ChannelHealth } from '../api/contract.js';

/** What the last two minutes looked like, oldest first; undefined where nothing came in. */
export interface HealthHistory {
  fps: (number | undefined)[];
  videoKbps: (number | undefined)[];
}

/** Two minutes at one answer every two seconds. */
export const HISTORY_LENGTH = 60;

export const NO_HISTORY: HealthHistory = { fps: [], videoKbps: [] };

/** The history with one more answer; what is older than two minutes is forgotten. */
export function historyAfter(history: HealthHistory, health: ChannelHealth): HealthHistory {
  const source = health.publication && health.source;
  return {
    fps: [...history.fps, source?.fps].slice(-HISTORY_LENGTH),
    videoKbps: [...history.videoKbps, source?.videoKbps].slice(-HISTORY_LENGTH),
  };
}

/**
 * Path data of a line through the values, newest at the right edge of a `width` × `height` box, zero at its foot.
 * A gap in the values is a gap in the line.
 */
export function sparkPath(values: (number | undefined)[], width: number, height: number): string {
  const highest = Math.max(1, ...values.map((value) => value ?? 0));
  const step = width / (HISTORY_LENGTH - 1);
  const first = HISTORY_LENGTH - values.length;
  let path = '';
  let isDrawing = false;
  values.forEach((value, index) => {
    if (value === undefined) {
      isDrawing = false;
      return;
    }
    const x = ((first + index) * step).toFixed(1);
    const y = (height - (value / (highest * 1.15)) * height).toFixed(1);
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}`;
    isDrawing = true;
  });
  return path;
}
