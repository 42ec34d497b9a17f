import type { VideoConfig } from '../../streams/index.js';
import { MediaInvalid } from '../../streams/index.js';
import type { OrderedPacket } from './packet-order.js';
import type { RtpPacket } from './rtp-reader.js';

/** A coded picture as it goes into a sample. */
export interface Picture {
  isKey: boolean;
  payload: Buffer;
  /** The format from here on; told with key frames. */
  config: VideoConfig | undefined;
}

/** How the pictures of one codec lie in RTP payloads. */
export interface PictureReader {
  /** Takes the next payload of the picture. @throws {MediaInvalid} when it cannot follow those before it. */
  add(payload: Buffer): void;
  /**
   * The picture that the payloads since the last one make; undefined when they show nothing.
   * @throws {MediaInvalid} when something of it is missing.
   */
  finish(): Picture | undefined;
  /** Forgets the payloads since the last picture. */
  clear(): void;
}

export interface PictureAssemblyOptions {
  reader: PictureReader;
  /** A larger picture is dropped, bytes. */
  maxBytes: number;
  /** @param timestamp RTP, 32 bits. */
  onPicture: (picture: Picture, timestamp: number) => void;
  /** A picture is lost, and with it all up to the next key frame. */
  onLost: () => void;
}

/** Puts pictures together from packets in order. What is not whole is dropped, and so is what is made from it. */
export class PictureAssembly {
  readonly #options: PictureAssemblyOptions;
  #timestamp: number | undefined;
  #sizeBytes = 0;
  #isBroken = false;
  #waitsForKey = true;

  constructor(options: PictureAssemblyOptions) {
    this.#options = options;
  }

  push({ packet, isAfterLoss }: OrderedPacket<RtpPacket>): void {
    if (isAfterLoss) this.#lose();
    // The packet with the marker is gone, or the sender sets none.
    if (this.#timestamp !== undefined && this.#timestamp !== packet.timestamp) this.#finish(this.#timestamp);
    this.#timestamp = packet.timestamp;
    this.#add(packet.payload);
    if (packet.marker) this.#finish(packet.timestamp);
  }

  #lose(): void {
    this.#isBroken = this.#timestamp !== undefined;
    this.#waitsForKey = true;
    this.#options.onLost();
  }

  #add(payload: Buffer): void {
    this.#sizeBytes += payload.length;
    if (this.#sizeBytes > this.#options.maxBytes) this.#isBroken = true;
    if (!this.#isBroken) this.#isBroken = this.#fails(() => this.#options.reader.add(payload));
    if (this.#isBroken) this.#options.reader.clear();
  }

  #finish(timestamp: number): void {
    let picture: Picture | undefined;
    const isBroken = this.#isBroken || this.#fails(() => { picture = this.#options.reader.finish(); });
    this.#timestamp = undefined;
    this.#sizeBytes = 0;
    this.#isBroken = false;
    this.#options.reader.clear();
    if (isBroken) this.#lose();
    else if (picture !== undefined) this.#pass(picture, timestamp);
  }

  #pass(picture: Picture, timestamp: number): void {
    // Without a format, a key frame is of no use.
    if (picture.isKey && picture.config !== undefined) this.#waitsForKey = false;
    if (this.#waitsForKey) this.#options.onLost();
    else this.#options.onPicture(picture, timestamp);
  }

  #fails(step: () => void): boolean {
    try {
      step();
      return false;
    } catch (error) {
      if (error instanceof MediaInvalid) return true;
      throw error;
    }
  }
}
