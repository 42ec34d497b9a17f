import t from 'tap';
import type { Frame } from '../../src/streams/index.js';
import { parseFlvTag } from '../../src/streams/index.js';
import type { EnhancedOptions } from '../support/enhanced.js';
import { makeEnhanced } from '../support/enhanced.js';
import type { Item } from '../support/transcode-harness.js';
import { framesOf, shifted, TranscodeHarness } from '../support/transcode-harness.js';

/** A tenth of it on an idle machine. */
const MAX_LAG_MS = 400;

async function itemsOf(options: EnhancedOptions): Promise<Item[]> {
  const tags = await makeEnhanced(options);
  return tags.flatMap(({ type, timestampMs, body }) => {
    const media = parseFlvTag(type, timestampMs, body);
    return media === undefined ? [] : [{ timeMs: timestampMs, media }];
  });
}

const times = (frames: Frame[]): number[] => frames.map(({ ptsMs }) => ptsMs).sort((a, b) => a - b);
const keyTimes = (frames: Frame[]): number[] => frames.filter(({ isKey }) => isKey).map(({ ptsMs }) => ptsMs);

const sources: EnhancedOptions[] = [
  { codec: 'h264', seconds: 4, video: ['-preset', 'veryfast', '-bf', '2'] },
  { codec: 'hevc', seconds: 4, x265: 'bframes=2' },
  { codec: 'hevc', seconds: 4, video: ['-pix_fmt', 'yuv420p10le'] },
  { codec: 'av1', seconds: 4 },
];

for (const source of sources) {
  t.test(`${source.codec}${source.video?.[1] === 'yuv420p10le' ? ', 10 bits' : ''} passes, and FFmpeg makes H.264 of each picture at its time`, async (t) => {
    const items = await itemsOf(source);
    const harness = new TranscodeHarness(t);
    harness.attach();
    await harness.play(items);
    const lagMs = harness.transcode.status().encode?.lagMs ?? Infinity;
    await harness.transcode.detach();
    t.same(harness.takes.map(({ renditions }) => renditions.map(({ name, origin }) => `${name} ${origin}`)), [['source passthrough', '180p encoded', 'audio passthrough']]);
    const [passed, encoded] = [harness.output(0, 'source'), harness.output(0, '180p')];
    t.match(passed.configs, [{ codec: source.codec, width: 320, height: 240 }]);
    t.match(encoded.configs, [{ codec: 'h264', width: 240, height: 180, isBaselineChroma: true }]);
    t.equal(passed.frames.length, framesOf(items, 'video').length);
    t.same(times(encoded.frames), times(passed.frames));
    t.same(keyTimes(encoded.frames), keyTimes(passed.frames));
    t.ok(lagMs < MAX_LAG_MS, `${Math.round(lagMs)} ms behind`);
    t.same(harness.log.lines.filter(({ level }) => level === 'error' || level === 'warn'), []);
  });
}

t.test('the codec changes in the middle: H.264, HEVC, AV1', async (t) => {
  const codecs = ['h264', 'hevc', 'av1'] as const;
  const parts = await Promise.all(codecs.map((codec) => itemsOf({ codec, seconds: 3 })));
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(parts.flatMap((items, i) => shifted(items, i * 3_000)), 2);
  await harness.transcode.detach();
  t.same(harness.takes.map(({ number }) => harness.output(number, 'source').configs.map(({ codec }) => codec)), [['h264'], ['hevc'], ['av1']]);
  t.same(harness.takes.map(({ number }) => harness.output(number, 'source').frames.length), parts.map((items) => framesOf(items, 'video').length));
  t.same(harness.takes.map(({ number }) => harness.output(number, '180p').frames.length), parts.map((items) => framesOf(items, 'video').length));
});
