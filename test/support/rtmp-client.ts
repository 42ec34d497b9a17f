import { EventEmitter, once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { AmfValue } from '../../src/ingest/rtmp/amf0.js';
import { decodeAmf0 } from '../../src/ingest/rtmp/amf0.js';
import { ChunkReader, MESSAGE } from '../../src/ingest/rtmp/chunk-reader.js';
import { withDeadline } from '../../src/platform/index.js';

/** avcC of a 320x180 High profile stream with B-frames, as x264 writes it. */
export const AVC_CONFIG = Buffer.from('0164000dffe1001a6764000dacd941419f9f0110000003001000000303c0f142996001000668ebe3cb22c0fdf8f800', 'hex');
/** AudioSpecificConfig: AAC-LC, 44.1 kHz, stereo. */
export const AAC_CONFIG = Buffer.from('1210', 'hex');

const HANDSHAKE_BYTES = 1536;
const DEADLINE_MS = 5_000;
const MEDIA_STREAM = 1;
const FIRST_CHUNK_STREAM = 3;

export interface ServerMessage {
  type: number;
  payload: Buffer;
}

export interface Status {
  level: string;
  code: string;
  description: string;
}

export interface RtmpClientOptions {
  port: number;
  tls?: boolean;
  /** Source address on loopback, such as 127.0.0.2. */
  localAddress?: string;
  app?: string;
  chunkSize?: number;
}

/** A small RTMP publisher over a real socket, for tests and for the fuzzer. */
export class RtmpClient extends EventEmitter<{ message: [message: ServerMessage] }> {
  readonly socket: Socket;
  readonly messages: ServerMessage[] = [];
  readonly closed: Promise<void>;
  readonly #reader: ChunkReader;
  readonly #chunkSize: number;
  #handshakeBytes = 0;
  #transactionId = 0;

  private constructor(socket: Socket, chunkSize: number) {
    super();
    this.socket = socket;
    this.#chunkSize = chunkSize;
    const bounds = { maxChunkStreams: 64, maxChunkSizeBytes: 1 << 24, maxCommandBytes: 1 << 20, maxMediaBytes: 1 << 20 };
    this.#reader = new ChunkReader({ ...bounds, onMessage: (type, _timestampMs, payload) => this.#take({ type, payload }) });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined); // a reset is seen as the close that follows it
    socket.on('data', (data: Buffer) => this.#onData(data));
  }

  /** Opens the socket only; `handshake` and `open` go on from there. */
  static async dial(options: RtmpClientOptions): Promise<RtmpClient> {
    const { port, localAddress } = options;
    const address = { port, host: '127.0.0.1', ...(localAddress !== undefined && { localAddress }) };
    const socket = options.tls ? connectTls({ ...address, rejectUnauthorized: false }) : connectTcp(address);
    const client = new RtmpClient(socket, options.chunkSize ?? 4096);
    await withDeadline(once(socket, options.tls ? 'secureConnect' : 'connect'), DEADLINE_MS);
    return client;
  }

  /** Shakes hands, connects and creates a stream, as OBS does. */
  static async open(options: RtmpClientOptions): Promise<RtmpClient> {
    const client = await RtmpClient.dial(options);
    await client.handshake();
    client.setChunkSize();
    client.connect(options.app ?? 'live');
    await client.waitFor((message) => commandOf(message)?.[0] === '_result');
    return client;
  }

  /** A publisher that may send media: fails with the server's status when it is refused. */
  static async publish(options: RtmpClientOptions & { key: string }): Promise<RtmpClient> {
    const client = await RtmpClient.open(options);
    const status = await client.publish(options.key);
    if (status.code !== 'NetStream.Publish.Start') throw new Error(`publish was refused: ${status.code} ${status.description}`);
    return client;
  }

  async handshake(): Promise<void> {
    this.write(Buffer.concat([Buffer.from([3]), clientHello()]));
    await this.#until(() => this.#handshakeBytes >= 1 + 2 * HANDSHAKE_BYTES);
    this.write(randomBytes(HANDSHAKE_BYTES));
  }

  setChunkSize(): void {
    this.send(MESSAGE.setChunkSize, 0, uint32(this.#chunkSize), { chunkSize: 128, chunkStream: 2 });
  }

  connect(app: string): void {
    this.command('connect', { app, flashVer: 'FMLE/3.0 (compatible; test)', tcUrl: `rtmp://127.0.0.1/${app}` });
  }

  /** Sends what OBS sends around publish and returns the server's answer to it. */
  async publish(key: string): Promise<Status> {
    this.command('releaseStream', null, key);
    this.command('FCPublish', null, key);
    this.command('createStream', null);
    this.command('publish', null, key, 'live');
    return this.waitForStatus();
  }

  unpublish(): void {
    this.command('FCUnpublish', null, 'x');
    this.command('deleteStream', null, MEDIA_STREAM);
  }

  sendConfigs(timestampMs = 0): void {
    this.sendVideo(timestampMs, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), AVC_CONFIG]));
    this.sendAudio(timestampMs, Buffer.concat([Buffer.from([0xaf, 0]), AAC_CONFIG]));
  }

  sendFrame(timestampMs: number, options: { isKey?: boolean; payload?: Buffer } = {}): void {
    const header = Buffer.from([options.isKey === false ? 0x27 : 0x17, 1, 0, 0, 0]);
    this.sendVideo(timestampMs, Buffer.concat([header, options.payload ?? nalUnit(64)]));
  }

  sendVideo(timestampMs: number, body: Buffer): void {
    this.send(MESSAGE.video, timestampMs, body);
  }

  sendAudio(timestampMs: number, body: Buffer): void {
    this.send(MESSAGE.audio, timestampMs, body);
  }

  command(name: string, object: Record<string, string | number> | null, ...args: (string | number)[]): void {
    const isStreamCommand = name === 'publish';
    const payload = encodeAmf0([name, ++this.#transactionId, object, ...args]);
    this.send(MESSAGE.command, 0, payload, { streamId: isStreamCommand ? MEDIA_STREAM : 0, chunkStream: FIRST_CHUNK_STREAM });
  }

  /** One message with a full header, in chunks of the size that was set. */
  send(type: number, timestampMs: number, payload: Buffer, options: { streamId?: number; chunkStream?: number; chunkSize?: number } = {}): void {
    const { streamId = MEDIA_STREAM, chunkStream = 4, chunkSize = this.#chunkSize } = options;
    this.write(chunks({ type, timestampMs, payload, streamId, chunkStream, chunkSize }));
  }

  write(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  async waitForStatus(): Promise<Status> {
    const message = await this.waitFor((candidate) => commandOf(candidate)?.[0] === 'onStatus');
    const info = commandOf(message)?.find((value) => value instanceof Map);
    const text = (name: string): string => String(info?.get(name));
    return { level: text('level'), code: text('code'), description: text('description') };
  }

  /** The first message, past or to come, that fits; fails after five seconds or when the server hangs up. */
  async waitFor(fits: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    await this.#until(() => this.messages.some(fits));
    const found = this.messages.find(fits);
    if (!found) throw new Error('the server hung up before the message came');
    this.messages.splice(this.messages.indexOf(found), 1);
    return found;
  }

  /** Drops the connection as a lost network does. */
  drop(): void {
    if (this.socket instanceof TLSSocket) this.socket.destroy(); // TLS cannot reset
    else this.socket.resetAndDestroy();
  }

  #onData(data: Buffer): void {
    const missing = Math.max(0, 1 + 2 * HANDSHAKE_BYTES - this.#handshakeBytes);
    this.#handshakeBytes += Math.min(missing, data.length);
    if (data.length > missing) this.#reader.write(data.subarray(missing));
    this.socket.emit('progress');
  }

  #take(message: ServerMessage): void {
    this.messages.push(message);
    this.emit('message', message);
  }

  async #until(done: () => boolean): Promise<void> {
    const deadline = new AbortController();
    const work = (async () => {
      while (!done() && !this.socket.destroyed) await Promise.race([once(this.socket, 'progress', { signal: deadline.signal }), this.closed]);
    })();
    await withDeadline(work, DEADLINE_MS).finally(() => deadline.abort());
    await work.catch(() => undefined);
  }
}

/** C1 of the simple handshake: time, zero, random bytes. */
export function clientHello(): Buffer {
  return Buffer.concat([Buffer.alloc(8), randomBytes(HANDSHAKE_BYTES - 8)]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A length-prefixed NAL unit that says it is an IDR slice. */
export function nalUnit(sizeBytes: number): Buffer {
  return Buffer.concat([uint32(sizeBytes), Buffer.from([0x65]), Buffer.alloc(sizeBytes - 1, 0xa5)]);
}

export interface OutgoingMessage {
  type: number;
  timestampMs: number;
  payload: Buffer;
  streamId: number;
  chunkStream: number;
  chunkSize: number;
}

/** A message as chunks: type 0, then type 3. */
export function chunks(message: OutgoingMessage): Buffer {
  const { payload, chunkSize } = message;
  const time = message.timestampMs % 2 ** 32;
  const extended = time >= 0xffffff ? uint32(time) : Buffer.alloc(0);
  const header = Buffer.alloc(11);
  header.writeUIntBE(Math.min(time, 0xffffff), 0, 3);
  header.writeUIntBE(payload.length, 3, 3);
  header.writeUInt8(message.type, 6);
  header.writeUInt32LE(message.streamId, 7);
  const parts = [basicHeader(0, message.chunkStream), header, extended, payload.subarray(0, chunkSize)];
  for (let offset = chunkSize; offset < payload.length; offset += chunkSize) {
    parts.push(basicHeader(3, message.chunkStream), extended, payload.subarray(offset, offset + chunkSize));
  }
  return Buffer.concat(parts);
}

export function basicHeader(format: number, chunkStream: number): Buffer {
  if (chunkStream < 64) return Buffer.from([(format << 6) | chunkStream]);
  if (chunkStream < 320) return Buffer.from([format << 6, chunkStream - 64]);
  return Buffer.from([(format << 6) | 1, (chunkStream - 64) & 255, (chunkStream - 64) >> 8]);
}

export type AmfInput = string | number | boolean | null | { [name: string]: AmfInput };

export function encodeAmf0(values: AmfInput[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

function encodeValue(value: AmfInput): Buffer {
  if (value === null) return Buffer.from([5]);
  if (typeof value === 'boolean') return Buffer.from([1, value ? 1 : 0]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.from([2]), shortText(value)]);
  const members = Object.entries(value).flatMap(([name, member]) => [shortText(name), encodeValue(member)]);
  return Buffer.concat([Buffer.from([3]), ...members, Buffer.from([0, 0, 9])]);
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function commandOf(message: ServerMessage): AmfValue[] | undefined {
  return message.type === MESSAGE.command ? decodeAmf0(message.payload, 8) : undefined;
}
