import type { Socket } from 'node:net';
import type { Log } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import type { CloseReason, Publication, PublicationOptions } from '../streams/index.js';
import type { WrongKeys } from './connection/admission.js';
import type { IngestConfig } from './config.js';
import type { Ending } from './ending.js';
import { endingOfFailure, endingOfRefusedKey, isKeyRejected, lost, told } from './ending.js';
import { RtmpInvalid, TooManyWrongKeys } from './errors.js';
import { PublicationFeed } from './publication-feed.js';
import type { PublishTarget, StreamKeys } from './publish-target.js';
import { ChunkReader, MESSAGE } from './rtmp/chunk-reader.js';
import type { RtmpCommand } from './rtmp/protocol.js';
import { findEncoderName, readCommand, RtmpProtocol, WINDOW_ACK_BYTES } from './rtmp/protocol.js';
import { RtmpDialog } from './rtmp-dialog.js';
import { Traffic } from './connection/traffic.js';

export interface RtmpSessionOptions {
  socket: Socket;
  protocol: PublicationOptions['protocol'];
  remoteAddress: string;
  config: IngestConfig;
  streamKeys: StreamKeys;
  broadcasts: PublishTarget;
  wrongKeys: WrongKeys;
  log: Log;
}

type State = 'handshake' | 'connecting' | 'authorizing' | 'publishing' | 'closed';

const NEXT: Record<State, State[]> = {
  handshake: ['connecting', 'closed'],
  connecting: ['authorizing', 'closed'],
  authorizing: ['publishing', 'closed'],
  publishing: ['closed'],
  closed: [],
};
const MAX_COMMAND_BYTES = 65_536;
const MAX_UNSENT_BYTES = 262_144;
const HANG_UP_MS = 2_000;
const PING_REQUEST = 6;
const NOTHING = Buffer.alloc(0);

/** One RTMP connection of an encoder, from its first byte to its last. */
export class RtmpSession {
  readonly #options: RtmpSessionOptions;
  readonly #socket: Socket;
  readonly #log: Log;
  readonly #protocol: RtmpProtocol;
  readonly #dialog: RtmpDialog;
  readonly #reader: ChunkReader;
  readonly #traffic: Traffic;
  readonly #closed: Promise<void>;
  readonly #startedMs = Date.now();
  readonly #handshakeTimer: NodeJS.Timeout;
  #hangUpTimer: NodeJS.Timeout | undefined;
  #state: State = 'handshake';
  #encoderName: string | undefined;
  #publication: Publication | undefined;
  #feed: PublicationFeed | undefined;
  /** Bytes that came after the publish command; read once the key is known to be right. */
  #held: Buffer = NOTHING;

  constructor(options: RtmpSessionOptions) {
    const { config, socket } = options;
    this.#options = options;
    this.#socket = socket;
    this.#log = options.log;
    this.#traffic = new Traffic({ maxBitrateKbps: config.maxBitrateKbps, windowAckBytes: WINDOW_ACK_BYTES });
    this.#protocol = new RtmpProtocol({ write: (bytes) => this.#write(bytes) });
    this.#dialog = new RtmpDialog({ protocol: this.#protocol });
    this.#reader = new ChunkReader({
      maxChunkStreams: config.maxChunkStreams,
      maxChunkSizeBytes: config.maxChunkSizeKiB * 1024,
      maxCommandBytes: MAX_COMMAND_BYTES,
      maxMediaBytes: MAX_COMMAND_BYTES,
      onMessage: (type, timestampMs, payload, streamId) => this.#onMessage(type, timestampMs, payload, streamId),
    });
    const timeoutSec = config.handshakeTimeoutSec;
    this.#handshakeTimer = setTimeout(() => this.#end(lost('warn', `no publish command within ${timeoutSec} s`)), timeoutSec * 1000);
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#listen();
  }

  /** Settles when the socket is gone; never rejects. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Tells the encoder why and hangs up, within two seconds. */
  close(reason: CloseReason): void {
    this.#end(told(reason));
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (data: Buffer) => this.#onData(data));
    socket.resume();
    socket.on('timeout', () => this.#end(lost('warn', `nothing came for ${this.#options.config.idleTimeoutSec} s`)));
    socket.on('error', (error) => this.#onGone(error.message));
    socket.on('end', () => this.#onGone('the client hung up'));
    socket.on('close', () => {
      clearTimeout(this.#hangUpTimer);
      this.#onGone('the connection broke');
    });
  }

  #onGone(message: string): void {
    // Port scans and health checks say nothing and are not worth a line.
    if (this.#traffic.receivedBytes === 0) this.#end(lost('debug', message));
    else this.#end(lost(this.#state === 'publishing' ? 'warn' : 'info', message));
  }

  #onData(data: Buffer): void {
    if (this.#hasEnded()) return;
    try {
      this.#traffic.add(data.length);
      this.#read(data);
      if (this.#dialog.isConnectAnswered) this.#acknowledge();
    } catch (error) {
      this.#end(endingOfFailure(error));
    }
  }

  #read(data: Buffer): void {
    if (this.#state === 'authorizing') this.#hold(data);
    else if (this.#state === 'handshake') this.#readHandshake(data);
    else this.#readChunks(data);
  }

  #readHandshake(data: Buffer): void {
    const rest = this.#protocol.takeHandshake(data);
    if (!this.#protocol.isHandshakeDone) return;
    this.#moveTo('connecting');
    this.#readChunks(rest);
  }

  #readChunks(data: Buffer): void {
    const taken = this.#reader.write(data);
    if (taken < data.length) this.#hold(data.subarray(taken));
  }

  /** Keeps what came too early, and leaves the rest of it in the socket; one that is silent is read on, to hear its end. */
  #hold(data: Buffer): void {
    this.#held = Buffer.concat([this.#held, data]);
    this.#socket.pause();
  }

  #acknowledge(): void {
    const count = this.#traffic.findDueAcknowledgement();
    if (count !== undefined) this.#protocol.sendACK(count);
  }

  #onMessage(type: number, timestampMs: number, payload: Buffer, streamId: number): void {
    // A command may have ended the session while later messages of the same bytes were still to come.
    if (this.#hasEnded()) return;
    switch (type) {
      case MESSAGE.audio:
      case MESSAGE.video:
      case MESSAGE.aggregate: return this.#feed?.take(type, timestampMs, payload);
      case MESSAGE.command:
      case MESSAGE.commandAmf3: return this.#onCommand(readCommand(type, payload, this.#options.config.maxCommandDepth), streamId);
      case MESSAGE.data: return this.#onMetadata(payload);
      case MESSAGE.windowAckSize: return this.#setWindowAck(payload);
      case MESSAGE.userControl: return this.#onUserControl(payload);
    }
  }

  #onMetadata(payload: Buffer): void {
    if (this.#state !== 'publishing' || this.#encoderName !== undefined) return;
    this.#encoderName = findEncoderName(payload, this.#options.config.maxCommandDepth);
    if (this.#encoderName !== undefined) this.#publication?.nameEncoder(this.#encoderName);
  }

  #setWindowAck(payload: Buffer): void {
    if (payload.length < 4) throw new RtmpInvalid('Window Acknowledgement Size has no value');
    this.#traffic.setWindowAck(payload.readUInt32BE());
  }

  #onUserControl(payload: Buffer): void {
    if (payload.length >= 6 && payload.readUInt16BE() === PING_REQUEST) this.#protocol.answerPing(payload.readUInt32BE(2));
  }

  #onCommand(command: RtmpCommand, streamId: number): void {
    if (this.#state === 'publishing') return this.#onLateCommand(command);
    const result = this.#dialog.take(command, streamId);
    if (result.step === 'end') this.#end(result.ending);
    if (result.step === 'publish') this.#waitForKey(result.key);
  }

  #onLateCommand(command: RtmpCommand): void {
    switch (command.name) {
      case 'FCUnpublish':
      case 'deleteStream':
      case 'closeStream': return this.close({ code: 'unpublished', message: 'the encoder stopped' });
      case 'publish': throw new RtmpInvalid('a connection publishes one stream');
      case '_checkbw': return this.#protocol.answer(command.transactionId);
    }
  }

  /** Nothing is made of an unknown publisher's bytes until the key is known to be right. */
  #waitForKey(key: string): void {
    this.#moveTo('authorizing');
    this.#reader.pause();
    void this.#authorize(key);
  }

  async #authorize(key: string): Promise<void> {
    try {
      const { streamKeyId, channel } = await this.#resolve(key);
      if (this.#hasEnded()) return;
      const { protocol, remoteAddress } = this.#options;
      const publication = await this.#options.broadcasts.publish({ channel, streamKeyId, protocol, remoteAddress, encoder: this.#dialog.encoder });
      this.#start(publication);
    } catch (error) {
      this.#end(endingOfRefusedKey(error));
    }
  }

  async #resolve(key: string): ReturnType<StreamKeys['resolve']> {
    const { remoteAddress, streamKeys, wrongKeys } = this.#options;
    if (await wrongKeys.isBlocked(remoteAddress)) throw new TooManyWrongKeys();
    try {
      return await streamKeys.resolve(key);
    } catch (error) {
      if (isKeyRejected(error)) await wrongKeys.count(remoteAddress);
      throw error;
    }
  }

  #start(publication: Publication): void {
    if (this.#hasEnded()) return publication.close({ code: 'connection-lost', message: 'the encoder left while its key was checked' });
    const { config, remoteAddress } = this.#options;
    this.#publication = publication;
    this.#feed = new PublicationFeed({ publication, log: this.#log });
    this.#moveTo('publishing');
    clearTimeout(this.#handshakeTimer);
    if (publication.isClosed) return this.close({ code: 'shutdown', message: 'the stream was ended' });
    publication.once('closed', (reason) => this.close(reason));
    this.#log.info('publishing', { publication: publication.id, channel: publication.channel.slug, address: remoteAddress, encoder: this.#dialog.encoder });
    this.#dialog.acceptPublish();
    this.#socket.setTimeout(config.idleTimeoutSec * 1000);
    this.#reader.allowMediaBytes(config.maxMessageKiB * 1024);
    this.#readHeld();
    this.#socket.resume();
  }

  #readHeld(): void {
    const held = this.#held;
    this.#held = NOTHING;
    this.#reader.resume();
    try {
      this.#readChunks(held);
    } catch (error) {
      this.#end(endingOfFailure(error));
    }
  }

  /** Ends the connection once; whatever comes later changes nothing. */
  #end(ending: Ending): void {
    if (this.#hasEnded()) return;
    this.#logEnd(ending);
    this.#moveTo('closed');
    clearTimeout(this.#handshakeTimer);
    this.#publication?.close({ code: ending.code, message: ending.message });
    if (ending.status && this.#dialog.isConnectAnswered) this.#sayAndHangUp(ending.status, ending.message);
    else this.#socket.destroy();
  }

  #logEnd(ending: Ending): void {
    const publication = this.#publication;
    this.#log[ending.level]('connection ended', {
      reason: ending.message,
      during: this.#state,
      ...(publication && { publication: publication.id, channel: publication.channel.slug }),
      address: this.#options.remoteAddress,
      encoder: this.#encoderName ?? this.#dialog.encoder,
      receivedBytes: this.#traffic.receivedBytes,
      droppedTags: this.#feed?.droppedTags ?? 0,
      durationSec: Math.round((Date.now() - this.#startedMs) / 1000),
      ...(ending.cause !== undefined && { error: ending.cause instanceof Error ? ending.cause.stack : messageOf(ending.cause) }),
    });
  }

  /** Half-closes and drains: a close with unread bytes would reset the connection and lose the status on its way. */
  #sayAndHangUp(status: Ending['status'] & object, message: string): void {
    this.#dialog.sayStatus(status, message);
    this.#socket.end();
    this.#socket.resume();
    this.#hangUpTimer = setTimeout(() => this.#socket.destroy(), HANG_UP_MS);
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.#end(lost('warn', 'the client does not read'));
  }

  #hasEnded(): boolean {
    return this.#state === 'closed';
  }

  #moveTo(state: State): void {
    if (!NEXT[this.#state].includes(state)) throw new Error(`RTMP session cannot go from ${this.#state} to ${state}`);
    this.#log.debug(`session ${state}`, { was: this.#state });
    this.#state = state;
  }
}
