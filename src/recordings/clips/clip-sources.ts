import type { Request } from 'express';
import type { RecordingAccess } from '../access.js';
import { RecordingUnknown } from '../errors.js';
import type { Recording } from '../queries.js';
import type { Recordings } from '../recordings.js';
import type { RecordedIndex } from '../vod/recorded-index.js';
import { vodTimeline } from '../vod/vod-timeline.js';
import { cuttableIndex } from './clip-cut.js';
import type { ClipSource } from './clips.js';
import { ClipOfPrivate, ClipOutOfReach } from './errors.js';
import type { ClipVisibility } from './queries.js';

export interface ClipSourcesOptions {
  recordings: Recordings;
  access: RecordingAccess;
  /** Whether a broadcast is on: everybody may watch it then. */
  isLive: (broadcastId: string) => boolean;
  /** How far back viewers can go in what is live, seconds. */
  dvrSec: number;
  readIndex: (broadcastId: string) => Promise<RecordedIndex | undefined>;
}

/** What clips can be cut from: shows that are on, and recordings. */
export class ClipSources {
  readonly #options: ClipSourcesOptions;

  constructor(options: ClipSourcesOptions) {
    this.#options = options;
  }

  /** @throws {RecordingUnknown} {RecordingRunning} {ClipOfPrivate} @throws {ClipOutOfReach} when nothing of it can be played yet. */
  async get(broadcastId: string, request: Request): Promise<ClipSource> {
    const { recordings, access, isLive } = this.#options;
    const recording = await recordings.find(broadcastId);
    if (isLive(broadcastId)) return { visibility: visibilityOf(recording), timeline: await this.#liveTimeline(broadcastId) };
    if (recording === undefined) throw new RecordingUnknown();
    await access.checkReadable(recording, request);
    return { visibility: visibilityOf(recording), timeline: await recordings.getTimeline(broadcastId) };
  }

  async #liveTimeline(broadcastId: string): ReturnType<Recordings['getTimeline']> {
    const index = await this.#options.readIndex(broadcastId);
    const timeline = index && vodTimeline(cuttableIndex(index, this.#options.dvrSec * 1000));
    if (timeline === undefined) throw new ClipOutOfReach();
    return timeline;
  }
}

/** As its recording is; a show that is not recorded was for everybody. */
function visibilityOf(recording: Recording | undefined): ClipVisibility {
  if (recording?.visibility === 'private') throw new ClipOfPrivate();
  return recording?.visibility ?? 'public';
}
