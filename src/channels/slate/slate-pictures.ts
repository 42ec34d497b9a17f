import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Component, Log } from '../../platform/index.js';
import { TooManyPictures } from '../errors.js';
import { checkPicture, makePlainPicture } from './plain-picture.js';

export interface SlatePicturesOptions {
  /** Of their own. */
  folder: string;
  /** The picture of channels that have none. */
  defaultImage: string;
  ffmpegPath: string;
  log: Log;
}

export interface SlatePicturesEvents {
  changed: [channelId: string];
}

/** A channel's picture. */
interface OwnPicture {
  file: string;
  /** Of its content: another picture has another one, and so another path. */
  version: string;
}

const FILE = /^(?<channelId>[0-9a-f]{8}-[0-9a-f-]{27})\.(?<version>[0-9a-f]{16})\.png$/;
/** Each is held in memory until its turn. */
const MAX_WAITING = 4;

/** The pictures that viewers see while a streamer is away: files `<channelId>.<version>.png`, at most one of a channel. */
export class SlatePictures extends EventEmitter<SlatePicturesEvents> implements Component {
  readonly #options: SlatePicturesOptions;
  readonly #own = new Map<string, OwnPicture>();
  readonly #stopping = new AbortController();
  #waiting = 0;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: SlatePicturesOptions) {
    super();
    this.#options = options;
  }

  /** Finds what an earlier run has left. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    const ages = new Map(await Promise.all(names.map(async (name) => [name, (await stat(path.join(folder, name))).mtimeMs] as const)));
    for (const name of names.toSorted((a, b) => (ages.get(a) ?? 0) - (ages.get(b) ?? 0))) await this.#adopt(name);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  /** Paths of the pictures for a channel, the best first. */
  imagesOf(channelId: string): string[] {
    const own = this.#own.get(channelId);
    return [...(own ? [own.file] : []), this.#options.defaultImage];
  }

  /** Of the channel's own picture; undefined when it has none. */
  versionOf(channelId: string): string | undefined {
    return this.#own.get(channelId)?.version;
  }

  /** Gives a channel its picture. @throws {PictureTypeUnknown} {PictureNotUsable} {PictureDamaged} {TooManyPictures} */
  async put(channelId: string, bytes: Buffer): Promise<void> {
    const { format } = checkPicture(bytes);
    const { ffmpegPath, log } = this.#options;
    await this.#inTurn(async () => {
      const picture = await makePlainPicture(bytes, { format, ffmpegPath, signal: this.#stopping.signal });
      await this.#keep(channelId, picture);
    });
    log.info('slate picture changed', { channelId, format, sizeBytes: bytes.length });
    this.emit('changed', channelId);
  }

  /** The channel has the default again. */
  async remove(channelId: string): Promise<void> {
    await this.#inTurn(async () => {
      const own = this.#own.get(channelId);
      this.#own.delete(channelId);
      if (own !== undefined) await rm(own.file, { force: true });
    });
    this.emit('changed', channelId);
  }

  async #keep(channelId: string, picture: Buffer): Promise<void> {
    const version = createHash('sha256').update(picture).digest('hex').slice(0, 16);
    const before = this.#own.get(channelId);
    const file = path.join(this.#options.folder, `${channelId}.${version}.png`);
    // Each time: somebody may have cleared the disk.
    await mkdir(this.#options.folder, { recursive: true });
    await writeFile(`${file}.tmp`, picture, { flush: true });
    await rename(`${file}.tmp`, file);
    this.#own.set(channelId, { file, version });
    if (before !== undefined && before.file !== file) await rm(before.file, { force: true });
  }

  /** Newer ones come later: what a crash left of a change is cleared. */
  async #adopt(name: string): Promise<void> {
    const file = path.join(this.#options.folder, name);
    const { channelId, version } = FILE.exec(name)?.groups ?? {};
    if (name.endsWith('.png.tmp')) await rm(file, { force: true });
    if (channelId === undefined || version === undefined) return;
    const older = this.#own.get(channelId);
    if (older !== undefined) await rm(older.file, { force: true });
    this.#own.set(channelId, { file, version });
  }

  /** One after the other: a picture takes a core and a hundred megabytes for a second. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    if (this.#waiting >= MAX_WAITING) throw new TooManyPictures();
    this.#waiting++;
    const done = this.#work.then(change).finally(() => this.#waiting--);
    this.#work = done.catch(() => undefined);
    await done;
  }
}
