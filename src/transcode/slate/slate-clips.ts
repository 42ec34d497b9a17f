import { AppError, messageOf, Process } from '../../platform/index.js';
import type { Log } from '../../platform/index.js';
import type { Frame, VideoConfig } from '../../streams/index.js';
import { FlvReader, parseFlvTag } from '../../streams/index.js';

/** A picture that stands still, as one group of pictures from zero on. */
export interface SlateClip {
  config: VideoConfig;
  frames: Frame[];
}

/** What a slate has to look like to take the place of a rendition. */
export interface SlateShape {
  width: number;
  height: number;
  sar: { width: number; height: number };
}

class SlateNotMade extends AppError {
  constructor(reason: string) {
    super('slate_not_made', `FFmpeg could not make a slate: ${reason}`, { expose: false });
  }
}

export const SLATE_FPS = 15;
export const SLATE_CLIP_MS = 2_000;
const CLIPS_KEPT = 64;
const MAX_TAG_BYTES = 4 << 20;
const MAKE_LIMIT_MS = 20_000;
/** Behind the picture, where it has another shape than the stream. */
const GROUND = '0x06151c';

/** The slates of all broadcasts: each shape is encoded once, before it is needed, at the lowest priority. */
export class SlateClips {
  readonly #ffmpegPath: string;
  readonly #log: Log;
  readonly #clips = new Map<string, Promise<SlateClip | undefined>>();
  readonly #stopping = new AbortController();
  #making: Promise<unknown> = Promise.resolve();

  constructor(options: { ffmpegPath: string; log: Log }) {
    this.#ffmpegPath = options.ffmpegPath;
    this.#log = options.log;
  }

  /**
   * The clip of an image in a shape; made when it is asked for first. Undefined when FFmpeg cannot make it.
   * @param image path of a picture that FFmpeg reads.
   */
  get(image: string, shape: SlateShape): Promise<SlateClip | undefined> {
    const key = `${image} ${shape.width}x${shape.height} ${shape.sar.width}:${shape.sar.height}`;
    const known = this.#clips.get(key);
    if (known !== undefined) return known;
    const clip = this.#make(image, shape).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#log.warn('a picture cannot be a slate', { image, shape: `${shape.width}x${shape.height}`, error: messageOf(error) });
      this.#clips.delete(key);
      return undefined;
    });
    this.#clips.set(key, clip);
    if (this.#clips.size > CLIPS_KEPT) this.#clips.delete([...this.#clips.keys()][0] ?? '');
    return clip;
  }

  /** Nothing more is made; resolves when FFmpeg is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#making;
  }

  /** One after the other: broadcasts need the machine more. */
  #make(image: string, shape: SlateShape): Promise<SlateClip> {
    const made = this.#making.then(() => encodeSlate(this.#ffmpegPath, image, shape, this.#stopping.signal));
    this.#making = made.catch(() => undefined);
    return made;
  }
}

async function encodeSlate(ffmpegPath: string, image: string, shape: SlateShape, signal: AbortSignal): Promise<SlateClip> {
  signal.throwIfAborted();
  const process = await Process.start({ command: ffmpegPath, args: slateArguments(image, shape), stdout: true, niceness: 10 });
  process.stdin.end();
  const chunks: Buffer[] = [];
  process.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  process.stdout.on('error', () => undefined); // the exit tells why
  const { code, stderr } = await process.exitedWithin({ timeoutMs: MAKE_LIMIT_MS, signal });
  if (code !== 0) throw new SlateNotMade(stderr.slice(-2).join(' | ') || `it ended with ${code}`);
  return readClip(Buffer.concat(chunks));
}

function readClip(flv: Buffer): SlateClip {
  let config: VideoConfig | undefined;
  const frames: Frame[] = [];
  const reader = new FlvReader({ maxTagBytes: MAX_TAG_BYTES, onTag: ({ type, timestampMs, body }) => {
    const media = parseFlvTag(type, timestampMs, body);
    if (media?.type === 'frame') frames.push(media.frame);
    else if (media?.config.kind === 'video') config = media.config;
  } });
  reader.write(flv);
  if (config === undefined || frames[0]?.isKey !== true) throw new SlateNotMade('its output has no pictures');
  return { config, frames };
}

export function slateArguments(image: string, { width, height, sar }: SlateShape): string[] {
  const displayWidth = Math.round((width * sar.width) / sar.height);
  const filters = [
    `scale=${displayWidth}:${height}:force_original_aspect_ratio=decrease`,
    `pad=${displayWidth}:${height}:(ow-iw)/2:(oh-ih)/2:color=${GROUND}`,
    `scale=${width}:${height}`, // pixels as wide as the stream's
    `setsar=${sar.width}/${sar.height}`,
  ];
  return [
    '-hide_banner', '-nostdin', '-loglevel', 'error', '-nostats',
    '-loop', '1', '-framerate', String(SLATE_FPS), '-i', image,
    '-frames:v', String((SLATE_CLIP_MS * SLATE_FPS) / 1_000),
    '-vf', filters.join(','),
    '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'stillimage',
    '-profile:v', 'high', '-pix_fmt', 'yuv420p',
    '-bf', '0', // WebRTC takes none
    '-g', String((SLATE_CLIP_MS * SLATE_FPS) / 1_000), '-sc_threshold', '0',
    '-crf', '24',
    '-threads', '1',
    '-f', 'flv', 'pipe:1',
  ];
}
