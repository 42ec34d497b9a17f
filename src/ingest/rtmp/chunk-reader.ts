import { MediaMemory } from '../../streams/index.js';
import { RtmpInvalid } from '../errors.js';

/** RTMP message types (Adobe RTMP 1.0 §5.4, §7.1). */
export const MESSAGE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  commandAmf3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;

export interface ChunkReaderOptions {
  maxChunkStreams: number;
  /** Largest chunk size that the peer may set, bytes. */
  maxChunkSizeBytes: number;
  /** Largest command, data or control message, bytes. */
  maxCommandBytes: number;
  /** Largest audio, video or aggregate message, bytes; `allowMediaBytes` changes it later. */
  maxMediaBytes: number;
  /** One whole message. `payload` is never written to again; `timestampMs` never wraps. */
  onMessage: (type: number, timestampMs: number, payload: Buffer, streamId: number) => void;
}

/** What the header compression of one chunk stream remembers. */
interface ChunkStream {
  type: number;
  streamId: number;
  messageBytes: number;
  /** The timestamp or delta of the last header, 24 or 32 bits. */
  timeField: number;
  hasExtendedTime: boolean;
  /** Timestamp of the last message, 32 bits. */
  clock: number;
  /** The message being put together. */
  payload: Buffer | undefined;
  filledBytes: number;
}

const DEFAULT_CHUNK_SIZE = 128;
const MAX_HEADER_BYTES = 18;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
const EXTENDED_TIME = 0xffffff;
const CLOCK_SPAN = 2 ** 32;
const NOTHING = Buffer.alloc(0);

/**
 * Puts messages together from the chunks of one connection (Adobe RTMP 1.0 §5.3). Pure: bytes in, messages
 * out. Every bound is checked when the header is read, before memory is taken; after a throw the reader is unusable.
 */
export class ChunkReader {
  readonly #options: ChunkReaderOptions;
  readonly #streams = new Map<number, ChunkStream>();
  readonly #head = Buffer.alloc(MAX_HEADER_BYTES);
  /** For media that is kept; before it is allowed, each message has memory of its own. */
  #mediaMemory: MediaMemory | undefined;
  #headBytes = 0;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #maxMediaBytes: number;
  /** The stream whose chunk is being read; undefined between chunks. */
  #current: ChunkStream | undefined;
  #chunkLeftBytes = 0;
  #partialBytes = 0;
  #lastMediaMs = 0;
  #putBack = NOTHING;
  #isPaused = false;

  constructor(options: ChunkReaderOptions) {
    this.#options = options;
    this.#maxMediaBytes = options.maxMediaBytes;
  }

  /**
   * Reads on until the bytes end or `onMessage` calls `pause`.
   * @returns how many bytes were taken; the caller keeps the rest.
   * @throws {RtmpInvalid} when the bytes contradict the format or exceed a bound.
   */
  write(data: Buffer): number {
    this.#takePutBack();
    let offset = 0;
    while (offset < data.length && !this.#isPaused) {
      offset = this.#step(data, offset);
      if (this.#putBack !== NOTHING) this.#takePutBack();
    }
    return offset;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Sets the largest audio, video or aggregate message from now on. */
  allowMediaBytes(sizeBytes: number): void {
    this.#maxMediaBytes = sizeBytes;
    this.#mediaMemory ??= new MediaMemory();
  }

  #step(data: Buffer, offset: number): number {
    return this.#current ? this.#takePayload(this.#current, data, offset) : this.#takeHeader(data, offset);
  }

  #takeHeader(data: Buffer, start: number): number {
    let offset = start;
    for (;;) {
      const wanted = this.#headerBytes();
      if (this.#headBytes >= wanted) break;
      if (offset === data.length) return offset;
      while (this.#headBytes < wanted && offset < data.length) this.#head[this.#headBytes++] = data[offset++] ?? 0;
    }
    this.#startChunk();
    return offset;
  }

  /** Size of the chunk header as far as the bytes so far tell. */
  #headerBytes(): number {
    if (this.#headBytes === 0) return 1;
    const basicBytes = this.#basicHeaderBytes();
    if (this.#headBytes < basicBytes) return basicBytes;
    const format = this.#byte(0) >> 6;
    const plainBytes = basicBytes + (MESSAGE_HEADER_BYTES[format] ?? 0);
    if (this.#headBytes < plainBytes) return plainBytes;
    if (format < 3) return this.#uint24(basicBytes) === EXTENDED_TIME ? plainBytes + 4 : plainBytes;
    const stream = this.#streams.get(this.#chunkStreamId(basicBytes));
    if (!stream?.hasExtendedTime) return plainBytes;
    const repeated = this.#headBytes - plainBytes;
    return repeated < 4 && this.#repeatsTime(stream, plainBytes) ? this.#headBytes + 1 : this.#headBytes;
  }

  /**
   * Some encoders leave the extended timestamp out of type 3 chunks, some write the time there where a delta
   * belongs. Only bytes that repeat either are taken as the field; others are payload.
   */
  #repeatsTime(stream: ChunkStream, from: number): boolean {
    return this.#startsAs(stream.timeField, from) || this.#startsAs(stream.clock, from);
  }

  #startsAs(value: number, from: number): boolean {
    for (let index = from; index < this.#headBytes; index++) {
      if (this.#byte(index) !== ((value >>> (24 - 8 * (index - from))) & 255)) return false;
    }
    return true;
  }

  #startChunk(): void {
    const basicBytes = this.#basicHeaderBytes();
    const format = this.#byte(0) >> 6;
    const stream = this.#openStream(this.#chunkStreamId(basicBytes), format);
    if (format === 3) this.#returnWhatIsNoTime(stream, basicBytes);
    this.#headBytes = 0;
    if (!stream.payload) this.#startMessage(stream, format, basicBytes);
    else if (format !== 3) throw new RtmpInvalid(`chunk of type ${format} inside a message; type 3 expected`);
    this.#chunkLeftBytes = Math.min(this.#chunkSize, stream.messageBytes - stream.filledBytes);
    if (this.#chunkLeftBytes === 0) this.#finish(stream);
    else this.#current = stream;
  }

  #returnWhatIsNoTime(stream: ChunkStream, plainBytes: number): void {
    const extra = this.#headBytes - plainBytes;
    if (extra === 0 || (extra === 4 && this.#repeatsTime(stream, plainBytes))) return;
    this.#putBack = Buffer.from(this.#head.subarray(plainBytes, this.#headBytes));
  }

  #takePutBack(): void {
    while (this.#putBack !== NOTHING && !this.#isPaused) {
      const bytes = this.#putBack;
      this.#putBack = NOTHING;
      let offset = 0;
      while (offset < bytes.length && this.#putBack === NOTHING && !this.#isPaused) offset = this.#step(bytes, offset);
      const rest = Buffer.concat([this.#putBack, bytes.subarray(offset)]);
      this.#putBack = rest.length === 0 ? NOTHING : rest;
    }
  }

  #openStream(id: number, format: number): ChunkStream {
    const known = this.#streams.get(id);
    if (known) return known;
    // librtmp may start a stream with type 1, so only headers without a length are refused.
    if (format > 1) throw new RtmpInvalid(`chunk stream ${id} starts with a chunk of type ${format}`);
    if (this.#streams.size >= this.#options.maxChunkStreams) {
      throw new RtmpInvalid(`more than ${this.#options.maxChunkStreams} chunk streams`);
    }
    const stream: ChunkStream = {
      type: 0, streamId: 0, messageBytes: 0, timeField: 0, hasExtendedTime: false, clock: 0, payload: undefined, filledBytes: 0,
    };
    this.#streams.set(id, stream);
    return stream;
  }

  #startMessage(stream: ChunkStream, format: number, basicBytes: number): void {
    if (format < 3) {
      const time = this.#uint24(basicBytes);
      stream.hasExtendedTime = time === EXTENDED_TIME;
      stream.timeField = stream.hasExtendedTime ? this.#head.readUInt32BE(basicBytes + (MESSAGE_HEADER_BYTES[format] ?? 0)) : time;
    }
    if (format < 2) {
      stream.messageBytes = this.#uint24(basicBytes + 3);
      stream.type = this.#byte(basicBytes + 6);
    }
    if (format === 0) stream.streamId = this.#head.readUInt32LE(basicBytes + 7);
    stream.clock = format === 0 ? stream.timeField : (stream.clock + stream.timeField) % CLOCK_SPAN;
    stream.payload = this.#allocate(stream);
  }

  #allocate(stream: ChunkStream): Buffer {
    const sizeBytes = stream.messageBytes;
    const maxBytes = isMedia(stream.type) ? this.#maxMediaBytes : this.#options.maxCommandBytes;
    if (sizeBytes > maxBytes) throw new RtmpInvalid(`message of type ${stream.type} has ${sizeBytes} bytes; at most ${maxBytes} are taken`);
    this.#partialBytes += sizeBytes;
    const maxPartialBytes = 2 * Math.max(this.#maxMediaBytes, this.#options.maxCommandBytes);
    if (this.#partialBytes > maxPartialBytes) throw new RtmpInvalid(`unfinished messages have more than ${maxPartialBytes} bytes`);
    if (sizeBytes === 0) return NOTHING;
    return isMedia(stream.type) && this.#mediaMemory ? this.#mediaMemory.take(stream.type, sizeBytes) : Buffer.allocUnsafeSlow(sizeBytes);
  }

  #takePayload(stream: ChunkStream, data: Buffer, offset: number): number {
    const taken = Math.min(this.#chunkLeftBytes, data.length - offset);
    if (stream.payload) data.copy(stream.payload, stream.filledBytes, offset, offset + taken);
    stream.filledBytes += taken;
    this.#chunkLeftBytes -= taken;
    if (this.#chunkLeftBytes === 0) {
      this.#current = undefined;
      if (stream.filledBytes === stream.messageBytes) this.#finish(stream);
    }
    return offset + taken;
  }

  #finish(stream: ChunkStream): void {
    const payload = this.#forget(stream);
    if (stream.type === MESSAGE.setChunkSize) this.#setChunkSize(payload);
    else if (stream.type === MESSAGE.abort) this.#abort(payload);
    else this.#options.onMessage(stream.type, this.#unwrap(stream), payload, stream.streamId);
  }

  #forget(stream: ChunkStream): Buffer {
    const payload = stream.payload ?? NOTHING;
    this.#partialBytes -= payload.length;
    stream.payload = undefined;
    stream.filledBytes = 0;
    return payload;
  }

  #setChunkSize(payload: Buffer): void {
    if (payload.length < 4) throw new RtmpInvalid('Set Chunk Size has no value');
    const sizeBytes = payload.readUInt32BE();
    if (sizeBytes < 1 || sizeBytes > this.#options.maxChunkSizeBytes) {
      throw new RtmpInvalid(`chunk size is ${sizeBytes}; 1 to ${this.#options.maxChunkSizeBytes} are taken`);
    }
    this.#chunkSize = sizeBytes;
  }

  #abort(payload: Buffer): void {
    if (payload.length < 4) throw new RtmpInvalid('Abort names no chunk stream');
    const stream = this.#streams.get(payload.readUInt32BE());
    if (stream?.payload) this.#forget(stream);
  }

  /** The time nearest to the last media among those with these 32 bits. Commands have times of their own and move nothing. */
  #unwrap(stream: ChunkStream): number {
    const nearest = stream.clock + Math.round((this.#lastMediaMs - stream.clock) / CLOCK_SPAN) * CLOCK_SPAN;
    const timestampMs = nearest < 0 ? nearest + CLOCK_SPAN : nearest;
    if (isMedia(stream.type)) this.#lastMediaMs = timestampMs;
    return timestampMs;
  }

  #basicHeaderBytes(): number {
    const low = this.#byte(0) & 63;
    return low === 0 ? 2 : low === 1 ? 3 : 1;
  }

  #chunkStreamId(basicBytes: number): number {
    if (basicBytes === 1) return this.#byte(0) & 63;
    return 64 + this.#byte(1) + (basicBytes === 3 ? this.#byte(2) * 256 : 0);
  }

  #uint24(offset: number): number {
    return this.#head.readUIntBE(offset, 3);
  }

  #byte(offset: number): number {
    return this.#head.readUInt8(offset);
  }
}

function isMedia(type: number): boolean {
  return type === MESSAGE.audio || type === MESSAGE.video || type === MESSAGE.aggregate;
}
