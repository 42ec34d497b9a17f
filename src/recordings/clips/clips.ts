import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { messageOf } from '../../platform/index.js';
import type { Component, Db, Log } from '../../platform/index.js';
import type { RecordingsConfig } from '../config.js';
import { freeBytesOf, GIB } from '../disk.js';
import { planMp4 } from '../mp4/mp4-plan.js';
import type { Mp4Plan } from '../mp4/mp4-plan.js';
import type { Mp4Track } from '../mp4/track-reader.js';
import type { PictureMaker } from '../pictures/picture-maker.js';
import { downloadRendition, downloadTracks } from '../vod/downloads.js';
import type { VodTimeline } from '../vod/vod-timeline.js';
import { cutTimeline } from './clip-cut.js';
import type { Cut } from './clip-cut.js';
import { ClipFolder } from './clip-folder.js';
import type { ClipFile } from './clip-folder.js';
import { ClipGone, ClipOutOfReach, ClipsBusy, ClipsSpent, ClipsWithoutRoom, ClipUnknown } from './errors.js';
import { exactCut } from './exact/exact-cut.js';
import type { ExactCut } from './exact/exact-cut.js';
import { pictureEncoder } from './exact/picture-encoder.js';
import { countClips, deleteClip, findClip, insertClip, listClipIds, listClips } from './queries.js';
import type { Clip, ClipsWish, ClipVisibility } from './queries.js';

export interface ClipsOptions {
  db: Db;
  config: Pick<RecordingsConfig, 'clips' | 'minFreeGiB'>;
  mediaDir: string;
  pictureMaker: PictureMaker;
  ffmpegPath: string;
  log: Log;
  now?: () => Date;
  /** Free bytes of the disk with the media; for tests. */
  freeBytes?: () => Promise<number>;
}

/** What a clip is cut from. */
export interface ClipSource {
  visibility: ClipVisibility;
  timeline: VodTimeline;
}

export interface ClipWish {
  /** Asked when its turn has come: reading the journal of a long show takes a moment. */
  findSource: () => Promise<ClipSource>;
  makerId: string;
  title: string;
  /** Wall-clock time as EXT-X-PROGRAM-DATE-TIME of the playlists says it. */
  startAt: Date;
  durationSec: number;
  /** Whether to start with the picture of `startAt`, not with the key frame before. */
  isExact: boolean;
}

const CLIP_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const DAY_MS = 86_400_000;
const MAX_WAITING = 8;
/** Times have no more digits. */
const EXACT_CLOSE_MS = 1;
/** The head of a minute, and the largest key frame. */
const MAX_POSTER_BYTES = 8 << 20;
const NOTHING = Buffer.alloc(0);

/** Clips of all channels: rows in the database, and a file each that needs nothing of the show. */
export class Clips implements Component {
  readonly #options: ClipsOptions;
  readonly #db: Db;
  readonly #folder: ClipFolder;
  readonly #now: () => Date;
  readonly #stopping = new AbortController();
  #making: Promise<unknown> = Promise.resolve();
  #unfinished = 0;

  constructor(options: ClipsOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#folder = new ClipFolder(path.join(options.mediaDir, 'clips'));
    this.#now = options.now ?? (() => new Date());
  }

  /** Removes what a crash left. */
  async start(): Promise<void> {
    await this.#folder.removeOthers(new Set(await listClipIds(this.#db)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#making;
  }

  /**
   * Cuts a clip, one after the other: from the key frame before the start on, or from the very picture where that is
   * asked for and can be done.
   * @throws {ClipsBusy} {ClipsSpent} {ClipsWithoutRoom} {ClipOutOfReach} {ClipGone} {CodecsMixed}, and what `findSource` throws
   */
  async make(wish: ClipWish): Promise<Clip> {
    if (this.#unfinished >= MAX_WAITING) throw new ClipsBusy();
    this.#unfinished++;
    const made = this.#making.then(() => this.#make(wish)).finally(() => this.#unfinished--);
    this.#making = made.catch(() => undefined);
    return made;
  }

  /** @throws {ClipUnknown} */
  async get(id: string): Promise<Clip> {
    const clip = CLIP_ID.test(id) ? await findClip(this.#db, id) : undefined;
    if (clip === undefined) throw new ClipUnknown();
    return clip;
  }

  /** The newest first. */
  async list(wish: ClipsWish): Promise<Clip[]> {
    return listClips(this.#db, wish);
  }

  /** Row and files. The row first: files that nobody knows of go at the next start. */
  async remove(id: string): Promise<void> {
    await deleteClip(this.#db, id);
    await this.#folder.remove(id);
  }

  /** A file of a clip, to be closed by the caller. @throws {ClipUnknown} when it is not there. */
  async openFile(id: string, file: ClipFile): Promise<FileHandle> {
    const handle = await this.#folder.open(id, file);
    if (handle === undefined) throw new ClipUnknown();
    return handle;
  }

  async #make({ findSource, makerId, title, startAt, durationSec, isExact }: ClipWish): Promise<Clip> {
    this.#stopping.signal.throwIfAborted();
    await this.#checkBounds(makerId);
    const { timeline, visibility } = await findSource();
    const fromMs = startAt.getTime() - timeline.epochMs;
    const cut = cutTimeline(timeline, { fromMs, durationMs: durationSec * 1000, ...(isExact && { closeMs: EXACT_CLOSE_MS }) });
    if (cut === undefined) throw new ClipOutOfReach();
    const id = randomUUID();
    const { tracks, leadMs } = await this.#tracksOf(cut, { id, isExact });
    const plan = await wholePlan(tracks, this.#stopping.signal);
    await this.#folder.writeVideo(id, plan, this.#stopping.signal);
    await this.#makePoster(id, plan);
    const firstMs = cut.timeline.renditions[0]?.segments[0]?.startMs ?? 0;
    await insertClip(this.#db, {
      id, broadcastId: timeline.id, makerId, title, visibility, startAt: new Date(timeline.epochMs + firstMs + leadMs),
      durationMs: plan.durationMs, sizeBytes: plan.sizeBytes, createdAt: this.#now(),
    });
    this.#options.log.info('clip made', { clip: id, broadcast: timeline.id, durationSec: Math.round(plan.durationMs / 1000), sizeBytes: plan.sizeBytes });
    return this.get(id);
  }

  /** One at a time, so that none slips through between the count and the clip. */
  async #checkBounds(makerId: string): Promise<void> {
    const { config: { clips: { perDay }, minFreeGiB }, mediaDir, freeBytes = () => freeBytesOf(mediaDir) } = this.#options;
    const since = new Date(this.#now().getTime() - DAY_MS);
    if ((await countClips(this.#db, makerId, since)) >= perDay) throw new ClipsSpent(perDay);
    if ((await freeBytes()) < minFreeGiB * GIB) throw new ClipsWithoutRoom();
  }

  /** A clip that cannot be cut to the frame starts at the key frame before: its answer says when. */
  async #tracksOf({ timeline, fromMs, untilMs }: Cut, { id, isExact }: { id: string; isExact: boolean }): Promise<ExactCut> {
    const tracks = wholeTracks(timeline, this.#options.mediaDir);
    if (!isExact) return { tracks, leadMs: 0 };
    try {
      return await exactCut({ tracks, fromMs, untilMs }, pictureEncoder({ ffmpegPath: this.#options.ffmpegPath, signal: this.#stopping.signal }));
    } catch (error) {
      this.#options.log.warn('a clip was not cut to the frame', { clip: id, error: messageOf(error) });
      return { tracks, leadMs: 0 };
    }
  }

  /** Its first picture. A clip without one is shown with its channel's cover. */
  async #makePoster(id: string, plan: Mp4Plan): Promise<void> {
    try {
      const start = await buffer(plan.read({ start: 0, end: Math.min(plan.sizeBytes, MAX_POSTER_BYTES) - 1 }));
      const frame = { init: start, part: NOTHING };
      const { jpeg } = await this.#options.pictureMaker.make(frame, { target: { x: 0, y: 0, sheetFile: undefined }, signal: this.#stopping.signal });
      await this.#folder.writePoster(id, jpeg);
    } catch (error) {
      this.#options.log.warn('the poster of a clip failed', { clip: id, error: messageOf(error) });
    }
  }
}

/** The rendition of a download. @throws {ClipGone} when nobody has a segment of it. */
function wholeTracks(cut: VodTimeline, mediaDir: string): Mp4Track[] {
  const rendition = downloadRendition(cut);
  if (rendition.segments.some(({ from }) => from === undefined)) throw new ClipGone();
  return downloadTracks(cut, rendition, mediaDir);
}

async function wholePlan(tracks: Mp4Track[], signal: AbortSignal): Promise<Mp4Plan> {
  const plan = await planMp4(tracks, { signal });
  if (plan.leftOut.length > 0) throw new ClipGone();
  return plan;
}
