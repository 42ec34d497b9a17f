import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FileHandle } from 'node:fs/promises';
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
import { ClipFolder } from './clip-folder.js';
import type { ClipFile } from './clip-folder.js';
import { ClipGone, ClipOutOfReach, ClipsBusy, ClipsSpent, ClipsWithoutRoom, ClipUnknown } from './errors.js';
import { countClips, deleteClip, findClip, insertClip, listClipIds, listClips } from './queries.js';
import type { Clip, ClipsWish, ClipVisibility } from './queries.js';

export interface ClipsOptions {
  db: Db;
  config: Pick<RecordingsConfig, 'clips' | 'minFreeGiB'>;
  mediaDir: string;
  pictureMaker: PictureMaker;
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
}

const CLIP_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const DAY_MS = 86_400_000;
const MAX_WAITING = 8;

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
   * Cuts a clip, one after the other, from the key frame before the start on.
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

  async #make({ findSource, makerId, title, startAt, durationSec }: ClipWish): Promise<Clip> {
    this.#stopping.signal.throwIfAborted();
    await this.#checkBounds(makerId);
    const { timeline, visibility } = await findSource();
    const cut = cutTimeline(timeline, { fromMs: startAt.getTime() - timeline.epochMs, durationMs: durationSec * 1000 });
    if (cut === undefined) throw new ClipOutOfReach();
    const tracks = tracksOf(cut, this.#options.mediaDir);
    const plan = await wholePlan(tracks, this.#stopping.signal);
    const id = randomUUID();
    await this.#folder.writeVideo(id, plan, this.#stopping.signal);
    await this.#makePoster(id, tracks);
    const start = new Date(timeline.epochMs + (cut.renditions[0]?.segments[0]?.startMs ?? 0));
    await insertClip(this.#db, {
      id, broadcastId: timeline.id, makerId, title, visibility, startAt: start,
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

  /** A clip without one is shown with its channel's cover. */
  async #makePoster(id: string, tracks: Mp4Track[]): Promise<void> {
    const first = tracks.find(({ kind }) => kind === 'video')?.segments[0];
    if (first === undefined) return;
    try {
      const frame = { init: await readFile(first.initFile), part: await readFile(first.file) };
      const { jpeg } = await this.#options.pictureMaker.make(frame, { target: { x: 0, y: 0, sheetFile: undefined }, signal: this.#stopping.signal });
      await this.#folder.writePoster(id, jpeg);
    } catch (error) {
      this.#options.log.warn('the poster of a clip failed', { clip: id, error: messageOf(error) });
    }
  }
}

/** The rendition of a download. @throws {ClipGone} when nobody has a segment of it. */
function tracksOf(cut: VodTimeline, mediaDir: string): Mp4Track[] {
  const rendition = downloadRendition(cut);
  if (rendition.segments.some(({ from }) => from === undefined)) throw new ClipGone();
  return downloadTracks(cut, rendition, mediaDir);
}

async function wholePlan(tracks: Mp4Track[], signal: AbortSignal): Promise<Mp4Plan> {
  const plan = await planMp4(tracks, { signal });
  if (plan.leftOut.length > 0) throw new ClipGone();
  return plan;
}
