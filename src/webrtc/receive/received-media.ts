import type { Media, VideoConfig } from '../../streams/index.js';
import { opusConfig } from '../../streams/index.js';
import { OPUS_CLOCK_RATE, VIDEO_CLOCK_RATE } from '../rtp/wall-clock.js';
import { PacketOrder } from './packet-order.js';
import type { Picture, PictureReader } from './picture-assembly.js';
import { PictureAssembly } from './picture-assembly.js';
import type { RtpPacket } from './rtp-reader.js';
import { readRtpPacket } from './rtp-reader.js';
import { SenderClock } from './sender-clock.js';

export interface ReceivedMediaOptions {
  /** For the codec of the pictures; undefined when none are sent. */
  reader: PictureReader | undefined;
  /** A larger picture is dropped, bytes. */
  maxFrameBytes: number;
  onMedia: (media: Media) => void;
  /** Pictures cannot go on without a key frame; comes again until there is one. */
  onKeyNeeded: () => void;
}

/** Lost packets of pictures are asked for again, a few times; those of sound are not, and only overtake each other. */
const MAX_WAIT_MS = { video: 500, audio: 80 };
/** RFC 7587 §4.2: 120 ms at 510 kbps, with room. */
const MAX_OPUS_BYTES = 16_384;
/** A picture this little before the last one is shown out of order, which real-time encoders do not do. */
const MAX_REORDER_MS = 1_000;

/** The RTP of one sender on its way to frames: in order, whole, on one clock that begins with the first packet. */
export class ReceivedMedia {
  readonly #options: ReceivedMediaOptions;
  readonly #clock = new SenderClock({ video: VIDEO_CLOCK_RATE, audio: OPUS_CLOCK_RATE });
  readonly #order = {
    video: new PacketOrder<RtpPacket>({ maxWaitMs: MAX_WAIT_MS.video }),
    audio: new PacketOrder<RtpPacket>({ maxWaitMs: MAX_WAIT_MS.audio }),
  };
  readonly #assembly: PictureAssembly | undefined;
  #startMs: number | undefined;
  #nowMs = 0;
  #config: VideoConfig | undefined;
  #lastPictureMs = -Infinity;
  #hasSound = false;

  constructor(options: ReceivedMediaOptions) {
    this.#options = options;
    const { reader, maxFrameBytes, onKeyNeeded } = options;
    this.#assembly = reader && new PictureAssembly({ reader, maxBytes: maxFrameBytes, onPicture: (picture, timestamp) => this.#passPicture(picture, timestamp), onLost: onKeyNeeded });
  }

  /** @param arrivedMs on a clock that only goes forward. */
  push(kind: 'video' | 'audio', bytes: Buffer, arrivedMs: number): void {
    const packet = readRtpPacket(bytes);
    if (packet === undefined) return;
    this.#startMs ??= arrivedMs;
    this.#nowMs = arrivedMs - this.#startMs;
    for (const ordered of this.#order[kind].push(packet, arrivedMs)) {
      if (kind === 'video') this.#assembly?.push(ordered);
      else this.#passSound(ordered.packet);
    }
  }

  /** Takes a sender report: at `ntpMs` of the sender's wall clock, the track's clock showed `timestamp`. */
  report(kind: 'video' | 'audio', report: { ntpMs: number; timestamp: number }): void {
    this.#clock.report(kind, report);
  }

  #passPicture({ isKey, payload, config }: Picture, timestamp: number): void {
    const timeMs = this.#clock.timeMs('video', timestamp, this.#nowMs);
    const isReordered = timeMs <= this.#lastPictureMs && this.#lastPictureMs - timeMs < MAX_REORDER_MS;
    if (isReordered && !isKey) return;
    this.#lastPictureMs = timeMs;
    if (config !== undefined && !isSame(config, this.#config)) {
      this.#config = config;
      this.#options.onMedia({ type: 'config', config });
    }
    this.#options.onMedia({ type: 'frame', frame: { kind: 'video', dtsMs: timeMs, ptsMs: timeMs, isKey, payload } });
  }

  #passSound({ timestamp, payload }: RtpPacket): void {
    if (payload.length > MAX_OPUS_BYTES) return;
    const timeMs = this.#clock.timeMs('audio', timestamp, this.#nowMs);
    if (!this.#hasSound) this.#options.onMedia({ type: 'config', config: opusConfig() });
    this.#hasSound = true;
    this.#options.onMedia({ type: 'frame', frame: { kind: 'audio', dtsMs: timeMs, ptsMs: timeMs, isKey: true, payload } });
  }
}

function isSame(config: VideoConfig, other: VideoConfig | undefined): boolean {
  return config.codecString === other?.codecString && config.description.equals(other.description);
}
