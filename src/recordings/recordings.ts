import { EventEmitter } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../platform/index.js';
import type { Component, Db, Log } from '../platform/index.js';
import type { RecordingsConfig } from './config.js';
import { freeBytesOf, GIB } from './disk.js';
import { RecordingUnknown } from './errors.js';
import {
  completeRecording, deleteRecording, findRecording, insertRecording, listRecordingIds, listRecordings, listStored, updateRecording,
} from './queries.js';
import type { NewRecording, Recording, RecordingChanges, RecordingsWish } from './queries.js';
import { expiredRecordings } from './retention.js';
import type { RetentionLimits } from './retention.js';
import { isIncomplete } from './vod/completeness.js';
import type { RecordedIndex, RecordedSegment } from './vod/recorded-index.js';
import { portablePlaylists } from './vod/vod-playlist.js';
import { vodTimeline } from './vod/vod-timeline.js';
import type { VodTimeline } from './vod/vod-timeline.js';

export interface RecordingsOptions {
  db: Db;
  config: RecordingsConfig;
  mediaDir: string;
  /** What of a broadcast is on the disk; undefined when nothing is. */
  readIndex: (broadcastId: string) => Promise<RecordedIndex | undefined>;
  /** Broadcasts that a stop of the server interrupted and that go on: their recordings are not completed at the start. */
  listResumed?: () => Promise<string[]>;
  /** Broadcasts whose files somebody still needs: only a full disk takes them. */
  listNeeded?: () => Promise<string[]>;
  log: Log;
  now?: () => Date;
  /** Free bytes of the disk with the media; for tests. */
  freeBytes?: () => Promise<number>;
}

const RECORDING_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Between two looks at the disk that a full one asks for. */
const ROOM_INTERVAL_MS = 5_000;
/** An hour of five renditions is 2 MB. */
const TIMELINES_KEPT = 16;

export interface RecordingsEvents {
  /** Somebody changed what it is called or who may see it. */
  updated: [id: string];
  /** Row and files are gone. */
  removed: [id: string];
}

/** The recordings of all channels: rows in the database, and the folders that the packager wrote. */
export class Recordings extends EventEmitter<RecordingsEvents> implements Component {
  readonly #options: RecordingsOptions;
  readonly #db: Db;
  readonly #log: Log;
  readonly #now: () => Date;
  /** Of finished recordings, the one used last at the end. */
  readonly #timelines = new Map<string, Promise<VodTimeline | undefined>>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #roomMadeAtMs = -Infinity;

  constructor(options: RecordingsOptions) {
    super();
    this.#options = options;
    this.#db = options.db;
    this.#log = options.log;
    this.#now = options.now ?? (() => new Date());
  }

  /** Completes what a crash left, and starts the retention. */
  async start(): Promise<void> {
    const resumed = new Set(await this.#options.listResumed?.());
    for (const id of await listRecordingIds(this.#db, 'recording')) {
      if (!resumed.has(id)) await this.#completeLeft(id);
    }
    await this.sweep();
    this.#timer = setInterval(() => void this.sweep(), this.#options.config.checkEveryMin * MINUTE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** Begins the recording of a broadcast that has its row; false when its channel does not record. Again, for one that goes on: nothing changes. */
  async begin(broadcast: NewRecording): Promise<boolean> {
    return insertRecording(this.#db, broadcast);
  }

  /** Lists what was never live and is on the disk, whole. Its broadcast has its row. */
  async add(broadcast: NewRecording): Promise<void> {
    await insertRecording(this.#db, broadcast, { isWanted: true });
    await this.complete(broadcast.id);
  }

  /**
   * The broadcast has ended, and its files are on the disk: the recording can be watched. One with nothing to show goes.
   * @param end.lastNumber of the last segment that the broadcast made, where it is known: those after the last on the disk are missing.
   */
  async complete(broadcastId: string, end: { lastNumber?: number } = {}): Promise<void> {
    const recording = await findRecording(this.#db, broadcastId);
    if (recording?.state !== 'recording') return;
    const index = await this.#options.readIndex(broadcastId);
    const timeline = index && vodTimeline(index);
    if (index === undefined || timeline === undefined) {
      this.#log.info('nothing was recorded', { broadcast: broadcastId });
      return this.remove(broadcastId);
    }
    const segments = index.renditions.flatMap((rendition) => rendition.segments);
    const state = isIncomplete(index, end.lastNumber) ? 'incomplete' : 'ready';
    const { durationMs } = timeline;
    const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
    await completeRecording(this.#db, { id: broadcastId, state, durationMs, sizeBytes, endedAt: new Date(index.epochMs + endMsOf(segments)) });
    this.#log[state === 'ready' ? 'info' : 'warn'](`recording ${state}`, { broadcast: broadcastId, channel: recording.channel.slug, durationSec: Math.round(durationMs / 1000), sizeBytes });
  }

  /** Every recording, those being made included: what the packager must not delete. */
  async listIds(): Promise<string[]> {
    return listRecordingIds(this.#db);
  }

  /** What is no id costs no query. */
  async find(id: string): Promise<Recording | undefined> {
    return RECORDING_ID.test(id) ? findRecording(this.#db, id) : undefined;
  }

  /** @throws {RecordingUnknown} */
  async get(id: string): Promise<Recording> {
    const recording = await this.find(id);
    if (recording === undefined) throw new RecordingUnknown();
    return recording;
  }

  /** Finished ones, the newest first. */
  async list(wish: RecordingsWish): Promise<Recording[]> {
    return listRecordings(this.#db, wish);
  }

  /** Changes what is given and returns the recording as it is then. @throws {RecordingUnknown} */
  async update(id: string, changes: RecordingChanges): Promise<Recording> {
    await updateRecording(this.#db, id, changes);
    const updated = await this.get(id);
    this.emit('updated', id);
    return updated;
  }

  /** Row and files. The row first: files that nobody knows of go at the next start, a row without files would stay. */
  async remove(id: string): Promise<void> {
    await deleteRecording(this.#db, id);
    this.#timelines.delete(id);
    await rm(path.join(this.#options.mediaDir, id), { recursive: true, force: true });
    this.emit('removed', id);
  }

  /** A finished recording as players see it. @throws {RecordingUnknown} when its files are gone. */
  async getTimeline(id: string): Promise<VodTimeline> {
    const reading = this.#timelines.get(id) ?? this.#readTimeline(id);
    this.#timelines.delete(id);
    this.#timelines.set(id, reading);
    const [oldest = ''] = this.#timelines.keys();
    if (this.#timelines.size > TIMELINES_KEPT) this.#timelines.delete(oldest);
    const timeline = await reading;
    if (timeline === undefined) throw new RecordingUnknown();
    return timeline;
  }

  /** The playlists of a finished recording for a copy of its folder: all addresses in them are relative. Empty when there is nothing to play. */
  async portablePlaylists(id: string): Promise<{ name: string; text: string }[]> {
    const timeline = await this.getTimeline(id).catch(() => undefined);
    return timeline === undefined ? [] : portablePlaylists(timeline);
  }

  /** The same for a copy that lacks some files. @param hasFile asked for names such as `720p/12.m4s` */
  async partialPlaylists(id: string, hasFile: (name: string) => boolean): Promise<{ name: string; text: string }[]> {
    const index = await this.#options.readIndex(id);
    const timeline = index && vodTimeline(partOf(index, hasFile));
    return timeline === undefined ? [] : portablePlaylists(timeline);
  }

  /** A file of any broadcast on the disk. @param name such as `720p/12.m4s`; the caller knows that it is one of ours. */
  async findFile(broadcastId: string, name: string): Promise<{ sizeBytes: number; file: string } | undefined> {
    if (!RECORDING_ID.test(broadcastId)) return undefined;
    const file = path.join(this.#options.mediaDir, broadcastId, name);
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() ? { sizeBytes: found.size, file } : undefined;
  }

  /** Deletes what is too old or too much, the oldest first. Never rejects; one at a time. */
  async sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweep()).catch((error: unknown) => {
      this.#log.error('old recordings could not be deleted', { error: messageOf(error), fault: 'operator' });
    });
    return this.#sweeping;
  }

  /** The disk refused a file: sweeps now and not at the next look, once in five seconds at most. */
  async makeRoom(): Promise<void> {
    const nowMs = this.#now().getTime();
    if (nowMs - this.#roomMadeAtMs < ROOM_INTERVAL_MS) return;
    this.#roomMadeAtMs = nowMs;
    await this.sweep();
  }

  async #sweep(): Promise<void> {
    const freeBytes = await (this.#options.freeBytes ?? (() => freeBytesOf(this.#options.mediaDir)))();
    const needed = new Set(await this.#options.listNeeded?.());
    for (const { id, reason } of expiredRecordings(await listStored(this.#db), limitsOf(this.#options.config), { nowMs: this.#now().getTime(), freeBytes, needed })) {
      await this.remove(id);
      this.#log.info('recording deleted by retention', { broadcast: id, reason });
    }
  }

  async #completeLeft(id: string): Promise<void> {
    await this.complete(id).catch((error: unknown) => {
      this.#log.error('a recording that a stop of the server left could not be completed', { broadcast: id, error: messageOf(error), fault: 'operator' });
    });
  }

  async #readTimeline(id: string): Promise<VodTimeline | undefined> {
    try {
      const index = await this.#options.readIndex(id);
      return index && vodTimeline(index);
    } catch (error) {
      this.#timelines.delete(id);
      throw error;
    }
  }
}

function endMsOf(segments: RecordedSegment[]): number {
  return segments.reduce((end, { startMs, durationMs }) => Math.max(end, startMs + durationMs), 0);
}

function limitsOf({ maxAgeDays, maxDiskGiB, minFreeGiB }: RecordingsConfig): RetentionLimits {
  return {
    maxAgeMs: maxAgeDays === 0 ? Infinity : maxAgeDays * DAY_MS,
    maxDiskBytes: maxDiskGiB === 0 ? Infinity : maxDiskGiB * GIB,
    minFreeBytes: minFreeGiB * GIB,
  };
}

/** The broadcast as it would be if there were no other files. */
function partOf(index: RecordedIndex, hasFile: (name: string) => boolean): RecordedIndex {
  const renditions = index.renditions.map((rendition) => ({ ...rendition, segments: rendition.segments.filter(({ number }) => hasFile(`${rendition.name}/${number}.m4s`)) }));
  return { ...index, renditions: renditions.filter(({ segments }) => segments.length > 0) };
}
