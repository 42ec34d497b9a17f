import type { EnhancedOptions, Tag } from '../../support/enhanced.js';
import { makeEnhanced } from '../../support/enhanced.js';
import { uint32 } from '../../support/rtmp-client.js';
import { Random } from '../rtmp/sessions.js';

/** Real tags of one source: its configurations, then its frames in the order of their times. */
export interface Material {
  configs: Tag[];
  frames: Tag[];
}

const AUDIO = 8;
const VIDEO = 9;
const AGGREGATE = 22;
const SECONDS = 3;
const SOURCES: EnhancedOptions[] = [
  { codec: 'h264', seconds: SECONDS, video: ['-preset', 'veryfast', '-bf', '2'] },
  { codec: 'hevc', seconds: SECONDS, x265: 'bframes=2' },
  { codec: 'av1', seconds: SECONDS },
  { codec: 'h264', seconds: SECONDS, hasAudio: false },
  { codec: 'hevc', seconds: SECONDS, size: '96x64', hasAudio: false },
];
const EDGE_TIMES = [0, 1, 999, 1_000, 2_999, 3_001, 10_000, 60_000, 3_600_000, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33];
const STEPS = [-3_600_000, -10_000, -1_001, -999, -40, -1, 1, 40, 999, 2_001, 2_999, 3_001, 10_000, 29_000, 3_600_000];
const EDGE_BYTES = [0, 1, 2, 3, 7, 0x0a, 0x12, 0x17, 0x27, 0x7f, 0x80, 0x90, 0x91, 0x93, 0x96, 0x97, 0xaf, 0xff];
const FOURCCS = ['hvc1', 'av01', 'avc1', 'vp09', 'mp4a', 'Opus', '\0\0\0\0'];

/** Small pictures of each codec, as encoders send them; FFmpeg makes them once. */
export async function makeMaterial(): Promise<Material[]> {
  const sources = await Promise.all(SOURCES.map((source) => makeEnhanced({ size: '64x64', fps: 10, audioRate: 24_000, ...source })));
  return sources.map((tags) => {
    const firstOf = (type: number): Tag[] => tags.filter((tag) => tag.type === type).slice(0, 1);
    const configs = [...firstOf(VIDEO), ...firstOf(AUDIO)];
    return { configs, frames: tags.filter((tag) => !configs.includes(tag)) };
  });
}

/** Sequence number `index` of a run: real tags of one or more sources, mutated in order, time and bits. */
export function makeSequence(material: Material[], seed: number, index: number): Tag[] {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b));
  const tags: Tag[] = [];
  let startMs = random.chance(80) ? 0 : random.pick(EDGE_TIMES);
  for (let parts = random.pick([1, 1, 1, 1, 2, 3]); parts > 0; parts--) {
    const { configs, frames } = random.pick(material);
    const added = [...configs, ...frames.slice(0, 1 + random.int(frames.length))];
    tags.push(...added.map((tag) => ({ ...tag, timestampMs: tag.timestampMs + startMs })));
    startMs = (tags.at(-1)?.timestampMs ?? 0) + random.pick([33, 100, 2_500, 5_000]);
  }
  for (let count = random.int(6); count > 0 && tags.length > 0; count--) random.pick(MUTATIONS)(random, tags, material);
  return tags;
}

type Mutation = (random: Random, tags: Tag[], material: Material[]) => void;

/** Changes one tag; a configuration as often as all frames together. */
function one(change: (random: Random, tag: Tag) => Partial<Tag>): Mutation {
  return (random, tags) => {
    const configs = tags.filter(({ body }) => body.length < 300 && isConfig(body));
    const tag = random.chance(50) && configs.length > 0 ? random.pick(configs) : random.pick(tags);
    tags[tags.indexOf(tag)] = { ...tag, ...change(random, tag) };
  };
}

function isConfig(body: Buffer): boolean {
  const first = body[0] ?? 0;
  return (first & 0x80) !== 0 && first >> 4 !== 0xa ? (first & 15) === 0 : body[1] === 0;
}

const MUTATIONS: Mutation[] = [
  (random, tags) => void tags.splice(random.int(tags.length), 1 + random.int(8)),
  (random, tags) => void tags.splice(random.int(tags.length), 0, random.pick(tags)),
  (random, tags) => {
    const moved = tags.splice(random.int(tags.length), 1 + random.int(5));
    tags.splice(random.int(tags.length + 1), 0, ...moved);
  },
  (random, tags) => {
    const [from, byMs] = [random.int(tags.length), random.pick(STEPS)];
    tags.forEach((tag, i) => { if (i >= from) tags[i] = { ...tag, timestampMs: Math.max(0, tag.timestampMs + byMs) }; });
  },
  (random, tags) => {
    const kind = random.pick([AUDIO, VIDEO]);
    const from = random.int(tags.length);
    tags.splice(from, tags.length, ...tags.slice(from).filter(({ type }) => type !== kind));
  },
  (random, tags) => {
    const jitterMs = random.pick([2, 50, 500]);
    tags.forEach((tag, i) => { tags[i] = { ...tag, timestampMs: Math.max(0, tag.timestampMs + random.int(jitterMs) - jitterMs / 2) }; });
  },
  // Another configuration, or the same one again, in the middle.
  (random, tags, material) => {
    const at = random.int(tags.length);
    const config = random.pick(random.pick(material).configs);
    tags.splice(at, 0, { ...config, timestampMs: tags[at]?.timestampMs ?? 0 });
  },
  (random, tags) => {
    const at = random.int(tags.length);
    const few = tags.slice(at, at + 1 + random.int(3));
    tags.splice(at, few.length, aggregate(random, few));
  },
  one((random) => ({ timestampMs: random.pick(EDGE_TIMES) })),
  one((random, { timestampMs }) => ({ timestampMs: Math.max(0, timestampMs + random.pick(STEPS)) })),
  one((random) => ({ type: random.pick([AUDIO, VIDEO, 18, AGGREGATE]) })),
  one((random, { body }) => ({ body: body.subarray(0, random.int(body.length + 1)) })),
  one((random, { body }) => ({ body: Buffer.concat([body, random.bytes(random.int(40))]) })),
  one((random, { body }) => ({ body: flip(random, body, body.length) })),
  one((random, { body }) => ({ body: flip(random, body, Math.min(body.length, 12)) })),
  one((random, { body }) => ({ body: flip(random, body, Math.min(body.length, 120)) })),
  one((random, { body }) => ({ body: replaceFourCc(random, body) })),
  one((random, { body }) => ({ body: withModifier(random, body) })),
];

function flip(random: Random, bytes: Buffer, within: number): Buffer {
  const changed = Buffer.from(bytes);
  if (within === 0) return changed;
  for (let count = 1 + random.int(4); count > 0; count--) {
    const at = random.int(within);
    changed[at] = random.chance(60) ? (changed[at] ?? 0) ^ (1 << random.int(8)) : random.pick(EDGE_BYTES);
  }
  return changed;
}

function replaceFourCc(random: Random, body: Buffer): Buffer {
  return Buffer.concat([body.subarray(0, 1), Buffer.from(random.pick(FOURCCS), 'latin1'), body.subarray(5)]);
}

/** A modifier or a track number before the codec, as Enhanced RTMP v2 has them. */
function withModifier(random: Random, body: Buffer): Buffer {
  const first = body[0] ?? 0;
  const isTrack = random.chance(50);
  const extra = isTrack ? [random.pick([0, 0, 0x10, 0x20]) | (first & 15)] : [random.int(256), ...random.bytes(random.int(5)), first & 15];
  const rest = isTrack ? [body.subarray(1, 5), Buffer.from([random.pick([0, 0, 0, 1, 255])]), body.subarray(5)] : [body.subarray(1)];
  return Buffer.concat([Buffer.from([(first & 0xf0) | (isTrack ? 6 : 7), ...extra]), ...rest]);
}

function aggregate(random: Random, tags: Tag[]): Tag {
  const parts = tags.map(({ type, timestampMs, body }) => {
    const header = Buffer.alloc(11);
    header.writeUInt8(type, 0);
    header.writeUIntBE(random.chance(95) ? body.length : random.int(2 ** 24), 1, 3);
    header.writeUIntBE(timestampMs % 2 ** 24, 4, 3);
    return Buffer.concat([header, body, uint32(11 + body.length)]);
  });
  return { type: AGGREGATE, timestampMs: tags[0]?.timestampMs ?? 0, body: Buffer.concat(parts) };
}
