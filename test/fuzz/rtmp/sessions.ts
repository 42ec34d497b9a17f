import type { AmfInput } from '../../support/rtmp-client.js';
import { AAC_CONFIG, AVC_CONFIG, basicHeader, encodeAmf0, nalUnit, uint32 } from '../../support/rtmp-client.js';
import { MESSAGE } from '../../../src/ingest/rtmp/chunk-reader.js';

/** One session as a fuzzed client plays it. */
export interface FuzzSession {
  /** What is written, one write after the other. */
  writes: Buffer[];
  /** How the client leaves once everything is written. */
  ending: 'half-close' | 'reset' | 'stay';
}

/** Pseudo-random numbers from a seed (mulberry32); the same seed gives the same sessions. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `below` - 1. */
  int(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  chance(percent: number): boolean {
    return this.int(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  bytes(sizeBytes: number): Buffer {
    return Buffer.from(Array.from({ length: sizeBytes }, () => this.int(256)));
  }
}

interface Message {
  type: number;
  timestampMs: number;
  payload: Buffer;
  streamId: number;
  chunkStream: number;
  /** Format of the first chunk header: 0 to 3. */
  format: number;
  /** Size that the header claims; the payload's own when undefined. */
  claimedBytes: number | undefined;
  /** Chunk size that the sender cuts by. */
  chunkSize: number;
}

const HANDSHAKE_BYTES = 1536;
const EDGE_NUMBERS = [0, 1, 2, 3, 4, 63, 64, 127, 128, 129, 255, 256, 4096, 65_535, 65_536, 65_537, 0x7fffff, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff];
const EDGE_BYTES = [0, 1, 2, 3, 8, 9, 0x0a, 0x10, 0x11, 0x7f, 0x80, 0x8f, 0x90, 0xaf, 0xff];
const TYPES = [0, 1, 2, 3, 4, 5, 6, 8, 9, 15, 16, 17, 18, 19, 20, 22, 255];
const FOURCCS = ['hvc1', 'av01', 'vp09', 'avc1', 'Opus', 'mp4a', 'ac-3', '\0\0\0\0'];
const HELLO = Buffer.concat([Buffer.alloc(8), Buffer.alloc(HANDSHAKE_BYTES - 8, 'hello')]);

/** Session number `index` of a run: valid RTMP to publish to `key`, mutated in structure and in bits. */
export function makeSession(seed: number, index: number, key: string): FuzzSession {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b));
  const messages = validMessages(random, random.chance(85) ? key : random.pick(['', 'wrong', 'x'.repeat(300), '../../etc', '__proto__']));
  const mutations = random.int(5);
  for (let count = 0; count < mutations; count++) random.pick(MESSAGE_MUTATIONS)(random, messages);
  const bytes: Buffer = Buffer.concat([handshake(random), ...messages.map(encode)]);
  return { writes: cut(random, random.chance(40) ? mutateBytes(random, bytes) : bytes), ending: random.pick(ENDINGS) };
}

const ENDINGS = [...Array.from({ length: 449 }, () => 'half-close' as const), ...Array.from({ length: 50 }, () => 'reset' as const), 'stay' as const];

function handshake(random: Random): Buffer {
  const version = random.chance(2) ? random.int(256) : 3;
  const hello = random.chance(5) ? Buffer.concat([random.bytes(64), HELLO.subarray(64)]) : HELLO;
  const reply = random.chance(3) ? HELLO.subarray(0, random.int(HANDSHAKE_BYTES)) : HELLO;
  return Buffer.concat([Buffer.from([version]), hello, reply]);
}

function validMessages(random: Random, key: string): Message[] {
  const chunkSize = random.chance(2) ? 1 : random.pick([128, 128, 60, 4096, 65_536]);
  const messages: Message[] = [];
  const add = (type: number, payload: Buffer, options: Partial<Message> = {}): void => {
    messages.push({ type, payload, timestampMs: 0, streamId: 0, chunkStream: 3, format: 0, claimedBytes: undefined, chunkSize: 128, ...options });
  };
  if (chunkSize !== 128) add(MESSAGE.setChunkSize, uint32(chunkSize), { chunkStream: 2 });
  const command = (values: AmfInput[], streamId = 0): void => add(MESSAGE.command, encodeAmf0(values), { streamId, chunkSize });
  command(['connect', 1, { app: 'live', flashVer: 'FMLE/3.0', tcUrl: 'rtmp://127.0.0.1/live', objectEncoding: random.pick([0, 3]) }]);
  command(['releaseStream', 2, null, key]);
  command(['FCPublish', 3, null, key]);
  command(['createStream', 4, null]);
  command(['publish', 5, null, key, 'live'], 1);
  addMedia(random, (type, payload, timestampMs) => add(type, payload, { timestampMs, streamId: 1, chunkStream: type === MESSAGE.audio ? 4 : 6, chunkSize }));
  if (random.chance(50)) command(['deleteStream', 6, null, 1]);
  return messages;
}

function addMedia(random: Random, add: (type: number, payload: Buffer, timestampMs: number) => void): void {
  const startMs = random.pick([0, 0, 0, 0xfffff0, 0x7ffffff0, 0xfffffff0]);
  add(MESSAGE.data, encodeAmf0(['@setDataFrame', 'onMetaData', { width: 320, height: 180, encoder: 'fuzz' }]), startMs);
  add(MESSAGE.video, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), AVC_CONFIG]), startMs);
  add(MESSAGE.audio, Buffer.concat([Buffer.from([0xaf, 0]), AAC_CONFIG]), startMs);
  const frames = random.int(8);
  for (let index = 0; index < frames; index++) {
    const timestampMs = startMs + index * 33;
    const video = Buffer.concat([Buffer.from([index === 0 ? 0x17 : 0x27, 1, 0, 0, random.int(100)]), nalUnit(1 + random.int(800))]);
    add(MESSAGE.video, video, timestampMs);
    add(MESSAGE.audio, Buffer.concat([Buffer.from([0xaf, 1]), Buffer.alloc(random.int(200), 0x21)]), timestampMs);
    if (random.chance(5)) add(MESSAGE.video, Buffer.concat([Buffer.from([0x80 | random.int(128)]), Buffer.from(random.pick(FOURCCS)), Buffer.alloc(20)]), timestampMs);
    if (random.chance(10)) add(MESSAGE.aggregate, aggregate(random, video), timestampMs);
  }
}

function aggregate(random: Random, body: Buffer): Buffer {
  const header = Buffer.alloc(11);
  header.writeUInt8(MESSAGE.video, 0);
  header.writeUIntBE(random.chance(80) ? body.length : random.int(2 ** 24), 1, 3);
  header.writeUIntBE(random.int(2 ** 24), 4, 3);
  return Buffer.concat([header, body, uint32(11 + body.length)]);
}

type Mutation = (random: Random, messages: Message[]) => void;

/** Applies `change` to one message. */
function one(change: (random: Random, message: Message) => void): Mutation {
  return (random, messages) => {
    if (messages.length > 0) change(random, random.pick(messages));
  };
}

const MESSAGE_MUTATIONS: Mutation[] = [
  (random, messages) => void messages.splice(random.int(messages.length), 1),
  (random, messages) => {
    const copy = messages[random.int(messages.length)];
    if (copy) messages.splice(random.int(messages.length), 0, { ...copy });
  },
  (random, messages) => {
    const moved = messages.splice(random.int(messages.length), 1);
    messages.splice(random.int(messages.length + 1), 0, ...moved);
  },
  (random, messages) => void messages.splice(random.int(messages.length + 1), 0, randomMessage(random)),
  one((random, message) => { message.type = random.pick(TYPES); }),
  one((random, message) => { message.streamId = random.pick(EDGE_NUMBERS); }),
  one((random, message) => { message.timestampMs = random.pick(EDGE_NUMBERS); }),
  one((random, message) => { message.chunkStream = random.pick([2, 3, 4, 6, 63, 64, 319, 320, 65_599, 2 + random.int(65_598)]); }),
  one((random, message) => { message.format = random.int(4); }),
  one((random, message) => { message.claimedBytes = random.chance(50) ? random.pick(EDGE_NUMBERS) & 0xffffff : message.payload.length + random.int(9) - 4; }),
  one((random, message) => { message.chunkSize = random.pick([1, 2, 127, 128, 129, 4096, 65_536]); }),
  one((random, message) => { message.payload = message.payload.subarray(0, random.int(message.payload.length + 1)); }),
  one((random, message) => { message.payload = Buffer.concat([message.payload, random.bytes(random.int(40))]); }),
  one((random, message) => { message.payload = flip(random, message.payload); }),
  one((random, message) => { message.payload = flip(random, message.payload); }),
  one((random, message) => { message.payload = nest(random); }),
];

function randomMessage(random: Random): Message {
  const type = random.pick(TYPES);
  const payload = random.chance(50) ? uint32(random.pick(EDGE_NUMBERS)) : random.bytes(random.int(60));
  return { type, payload, timestampMs: random.pick(EDGE_NUMBERS), streamId: random.int(3), chunkStream: random.pick([2, 3, 4, 6, 70, 400]), format: random.int(4), claimedBytes: undefined, chunkSize: 128 };
}

/** A command whose argument is nested deep, or claims to be endless. */
function nest(random: Random): Buffer {
  const opening = random.pick([Buffer.from([0x0a, 0, 0, 0, 1]), Buffer.from([3, 0, 1, 0x61]), Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff]), Buffer.from([8, 0, 0, 0, 1, 0, 1, 0x61])]);
  const depth = random.pick([1, 7, 8, 9, 100, 5000]);
  return Buffer.concat([encodeAmf0([random.pick(['connect', 'publish', 'x']), 1]), ...Array.from({ length: depth }, () => opening)]);
}

function flip(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  if (changed.length === 0) return changed;
  const times = 1 + random.int(4);
  for (let count = 0; count < times; count++) {
    const at = random.int(changed.length);
    changed[at] = random.chance(50) ? (changed[at] ?? 0) ^ (1 << random.int(8)) : random.pick(EDGE_BYTES);
  }
  return changed;
}

function encode(message: Message): Buffer {
  const { payload, chunkSize, format } = message;
  const extended = message.timestampMs >= 0xffffff ? uint32(message.timestampMs % 2 ** 32) : Buffer.alloc(0);
  const header = Buffer.alloc(11);
  header.writeUIntBE(Math.min(message.timestampMs, 0xffffff), 0, 3);
  header.writeUIntBE(Math.min(0xffffff, Math.max(0, message.claimedBytes ?? payload.length)), 3, 3);
  header.writeUInt8(message.type, 6);
  header.writeUInt32LE(message.streamId >>> 0, 7);
  const parts = [basicHeader(format, message.chunkStream), header.subarray(0, [11, 7, 3, 0][format]), extended, payload.subarray(0, chunkSize)];
  for (let offset = chunkSize; offset < payload.length; offset += chunkSize) {
    parts.push(basicHeader(3, message.chunkStream), extended, payload.subarray(offset, offset + chunkSize));
  }
  return Buffer.concat(parts);
}

function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.int(bytes.length);
  const span = 1 + random.int(32);
  switch (random.int(5)) {
    case 0: return bytes.subarray(0, at);
    case 1: return Buffer.concat([bytes.subarray(0, at), random.bytes(span), bytes.subarray(at)]);
    case 2: return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + span)]);
    case 3: return Buffer.concat([bytes.subarray(0, at + span), bytes.subarray(at)]);
    default: {
      // The handshake is most of the bytes and does not care: aim behind it.
      const head = Math.min(bytes.length, 1 + 2 * HANDSHAKE_BYTES);
      return Buffer.concat([bytes.subarray(0, head), flip(random, bytes.subarray(head))]);
    }
  }
}

function cut(random: Random, bytes: Buffer): Buffer[] {
  const cuts = Array.from({ length: random.pick([0, 0, 1, 2, 5]) }, () => random.int(bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : cuts[index - 1], end)).filter((part) => part.length > 0);
}
