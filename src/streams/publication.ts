import { EventEmitter } from 'node:events';
import type { Media } from './media.js';

/** Why a publication ended; the code decides what becomes of its broadcast. */
export type CloseCode =
  /** The encoder said that it is done. */
  | 'unpublished'
  /** The socket went away, timed out or broke the protocol: the encoder may come back. */
  | 'connection-lost'
  /** A newer publisher of the same channel took its place. */
  | 'taken-over'
  | 'key-revoked'
  | 'ended-by-owner'
  /** The media cannot be served (codec, bitrate): coming back unchanged would not help. */
  | 'media-refused'
  | 'shutdown';

export interface CloseReason {
  code: CloseCode;
  /** One plain sentence, for the log and for the encoder. */
  message: string;
}

/** The channel that a stream key belongs to, as the media path needs it. */
export interface PublishingChannel {
  id: string;
  slug: string;
  title: string;
  /** `auto`, `off`, or the rungs wanted, such as `['720p', '480p']`; undefined takes the server's setting. */
  ladder: 'auto' | 'off' | string[] | undefined;
  /** How near to the live moment players stay; the media path only carries it. */
  latency?: 'real-time' | 'ultra-low' | 'balanced' | 'stable' | undefined;
  /** Whether its broadcasts are kept; the media path only carries it. */
  isRecorded?: boolean | undefined;
  /** How long a broadcast waits for its encoder, ms; undefined takes the server's setting. */
  graceMs?: number | undefined;
  /** Whether an encoder that says that it is done ends the broadcast; else it is waited for, as after a lost connection. */
  endsOnUnpublish?: boolean | undefined;
}

export interface PublicationOptions {
  id: string;
  channel: PublishingChannel;
  streamKeyId: string;
  protocol: 'rtmp' | 'rtmps' | 'whip';
  remoteAddress: string;
  /** What the encoder calls itself, such as `obs-output module (libobs version 30.2.3)`; shortened, untrusted. */
  encoder: string;
}

export interface PublicationEvents {
  media: [media: Media];
  closed: [reason: CloseReason];
}

/** One publisher connection. It comes and goes; the broadcast that it feeds may outlive it. */
export class Publication extends EventEmitter<PublicationEvents> {
  readonly id: string;
  readonly channel: PublishingChannel;
  readonly streamKeyId: string;
  readonly protocol: PublicationOptions['protocol'];
  readonly remoteAddress: string;
  readonly startedAt = new Date();
  #encoder: string;
  #closed = false;

  constructor(options: PublicationOptions) {
    super();
    this.id = options.id;
    this.channel = options.channel;
    this.streamKeyId = options.streamKeyId;
    this.protocol = options.protocol;
    this.remoteAddress = options.remoteAddress;
    this.#encoder = options.encoder;
  }

  /** What the encoder calls itself. */
  get encoder(): string {
    return this.#encoder;
  }

  /** Metadata tells the name better than the connect command: OBS connects as `FMLE/3.0`. */
  nameEncoder(name: string): void {
    this.#encoder = name;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Passes media on; after the close it goes nowhere. */
  push(media: Media): void {
    if (!this.#closed) this.emit('media', media);
  }

  /** Ends the publication once; later calls do nothing. The protocol's session hears `closed` and hangs up. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('closed', reason);
    this.removeAllListeners();
  }
}
