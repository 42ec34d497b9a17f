import type { RecordingAccess } from '../access.js';
import type { PicturedBroadcasts } from '../pictures/picture-routes.js';
import type { Timeline } from '../pictures/storyboard.js';
import type { Recordings } from '../recordings.js';
import type { VodSegment, VodTimeline } from './vod-timeline.js';

/** Finished recordings, for the pictures' routes: who may see them, and when each picture is shown. */
export function recordedPictures({ recordings, access }: { recordings: Recordings; access: RecordingAccess }): PicturedBroadcasts {
  return {
    find: async (id, request) => {
      const recording = await recordings.find(id);
      if (recording === undefined || recording.state === 'recording') return undefined;
      await access.checkReadable(recording, request);
      const query = access.queryOf(recording);
      return { timeline: shownStretch(await recordings.getTimeline(id)), isPublic: recording.visibility !== 'private', ...(query && { query }) };
    },
  };
}

/** Which stretch of the broadcast a recording shows, and when: for its storyboard. */
export function shownStretch({ renditions }: VodTimeline): Timeline {
  const segments = renditions[0]?.segments ?? [];
  const [first, last] = [segments[0], segments.at(-1)];
  return {
    fromMs: first?.startMs ?? 0,
    toMs: last === undefined ? 0 : last.startMs + last.durationMs,
    mapTime: (atMs) => {
      const segment = segmentAt(segments, atMs);
      return segment === undefined ? 0 : segment.atMs + Math.min(Math.max(0, atMs - segment.startMs), segment.durationMs);
    },
  };
}

/** The last segment that starts at or before this time, or the first. */
function segmentAt(segments: VodSegment[], atMs: number): VodSegment | undefined {
  let [low, high] = [0, segments.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((segments[middle]?.startMs ?? Infinity) <= atMs) low = middle;
    else high = middle - 1;
  }
  return segments[low];
}
