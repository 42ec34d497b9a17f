import t from 'tap';
import type { VideoConfig } from '../../../src/streams/index.js';
import { FLV_VIDEO, MediaInvalid, parseFlvTag } from '../../../src/streams/index.js';
import { parseHevcConfig, withoutParameterSets } from '../../../src/streams/codec/hevc.js';
import { parseHevcSps } from '../../../src/streams/codec/hevc-sps.js';
import type { EnhancedOptions } from '../../support/enhanced.js';
import { makeEnhanced } from '../../support/enhanced.js';

type Source = Pick<EnhancedOptions, 'size' | 'fps' | 'video' | 'x265'>;

async function configOf(source: Source): Promise<VideoConfig> {
  const [first] = await makeEnhanced({ codec: 'hevc', seconds: 0.2, hasAudio: false, ...source });
  const media = first && parseFlvTag(first.type, first.timestampMs, first.body);
  if (media?.type !== 'config' || media.config.kind !== 'video') throw new Error('the first tag is no configuration');
  return media.config;
}

const sources: { name: string; source: Source; expected: Partial<VideoConfig> }[] = [
  { name: '1080p is cropped from 1088 lines', source: { size: '1920x1080' }, expected: { codec: 'hevc', width: 1920, height: 1080, isBaselineChroma: true, interlaced: false, reorderFrames: 0, codecString: 'hvc1.1.6.L120.90' } },
  { name: 'a size that is no multiple of 8', source: { size: '854x478' }, expected: { width: 854, height: 478 } },
  { name: 'portrait', source: { size: '720x1280' }, expected: { width: 720, height: 1280, codecString: 'hvc1.1.6.L93.90' } },
  { name: 'Main 10', source: { size: '640x360', video: ['-pix_fmt', 'yuv420p10le'] }, expected: { isBaselineChroma: false, codecString: 'hvc1.2.4.L63.90' } },
  { name: '4:2:2 crops single lines', source: { size: '640x358', video: ['-pix_fmt', 'yuv422p'] }, expected: { width: 640, height: 358, isBaselineChroma: false, codecString: 'hvc1.4.10.L63.9D.8' } },
  { name: 'high tier', source: { size: '1920x1080', x265: 'high-tier=1:level-idc=5.1:vbv-maxrate=60000:vbv-bufsize=60000' }, expected: { codecString: 'hvc1.1.6.H153.90' } },
  { name: 'anamorphic PAL', source: { size: '720x576', x265: 'sar=64\\:45' }, expected: { sar: { width: 64, height: 45 } } },
  { name: 'a sample aspect ratio of the table', source: { size: '640x480', x265: 'sar=2' }, expected: { sar: { width: 12, height: 11 } } },
  { name: 'B-frames and many references', source: { size: '640x360', x265: 'bframes=4:b-pyramid=1:ref=5' }, expected: { reorderFrames: 2 } },
  { name: 'scaling lists', source: { size: '640x360', x265: 'scaling-list=default:sar=2' }, expected: { width: 640, height: 360, sar: { width: 12, height: 11 } } },
  { name: 'fields', source: { size: '720x576', fps: 50, x265: 'interlace=tff' }, expected: { interlaced: true } },
];

for (const { name, source, expected } of sources) {
  t.test(name, async (t) => {
    t.match(await configOf(source), expected);
  });
}

t.test('the record', async (t) => {
  const { description } = await configOf({ size: '1920x1080', x265: 'bframes=4:ref=5' });
  const changed = (change: (record: Buffer) => void): Buffer => {
    const record = Buffer.from(description);
    change(record);
    return record;
  };

  t.test('says that no parameter sets follow, and what the sequence parameter set says', async (t) => {
    t.same([description[23], description.subarray(1, 13).toString('hex')], [0x80 | 32, '016000000090000000000078']);
    const lying = changed((record) => { record[1] = 2; record[12] = 93; });
    t.equal(parseHevcConfig(lying).codecString, 'hvc1.1.6.L120.90');
    t.same(parseHevcConfig(lying).description, description);
  });

  t.test('cut anywhere it is refused, not read past', async (t) => {
    for (let length = 0; length < description.length; length++) t.throws(() => parseHevcConfig(description.subarray(0, length)), MediaInvalid, `${length} bytes`);
  });

  t.test('what cannot be served is refused with the reason', async (t) => {
    t.throws(() => parseHevcConfig(changed((record) => { record[0] = 0; })), { message: /not version 1/ });
    t.throws(() => parseHevcConfig(changed((record) => { record[21] = 0xfc; })), { message: 'NAL unit lengths have 1 bytes; only 4 are supported' });
    t.throws(() => parseHevcConfig(changed((record) => { record[22] = 1; })), { message: /no parameter set of type 33/ });
    t.throws(() => parseHevcConfig(Buffer.concat([description, Buffer.alloc(4096)])), { message: /at most 4096 are taken/ });
  });

  t.test('every single changed bit gives sane numbers or MediaInvalid', async (t) => {
    const wrong: string[] = [];
    for (let bit = 8; bit < description.length * 8; bit++) {
      const record = changed((bytes) => { bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (128 >> (bit & 7)); });
      try {
        const { width, height, sar, codecString } = parseHevcConfig(record);
        const shown = (width * sar.width) / sar.height;
        const isSane = width >= 16 && width <= 8192 && height >= 16 && height <= 8192 && shown >= 4 && shown < 65_536 && /^hvc1\.[A-C]?\d+\.[0-9A-F]+\.[LH]\d+(\.[0-9A-F]+)*$/.test(codecString);
        if (!isSane) wrong.push(`bit ${bit}: ${width}x${height} sar ${sar.width}:${sar.height} ${codecString}`);
      } catch (error) {
        if (!(error instanceof MediaInvalid)) wrong.push(`bit ${bit}: ${String(error)}`);
      }
    }
    t.same(wrong, []);
  });
});

t.test('a sequence parameter set by hand', async (t) => {
  const ue = (value: number): string => {
    const code = (value + 1).toString(2);
    return '0'.repeat(code.length - 1) + code;
  };
  const spsOf = ({ moreOrderBits, cutBits = 0 }: { moreOrderBits: number; cutBits?: number }): Buffer => {
    const profile = `00000001${'1'.repeat(96)}`;
    const picture = [0, 1].map(ue).join('') + ue(64) + ue(64) + '0' + ue(0) + ue(0) + ue(moreOrderBits);
    const reordering = `1${[3, 0, 0].map(ue).join('')}`;
    const tools = `${[0, 0, 0, 0, 0, 0].map(ue).join('')}0000`;
    const references = `${ue(0)}1${ue(1)}${'0'.repeat(Math.min(moreOrderBits, 12) + 4 + 1)}`;
    const bits = `${profile}${picture}${reordering}${tools}${references}000`;
    const whole = bits.slice(0, bits.length - cutBits);
    return Buffer.from([66, 1, ...(whole.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))]);
  };

  t.test('with a long-term reference picture', async (t) => {
    for (const moreOrderBits of [0, 4, 12]) t.match(parseHevcSps(spsOf({ moreOrderBits })), { width: 64, height: 64 });
  });

  t.test('more bits for the order of pictures than HEVC has', async (t) => {
    for (const moreOrderBits of [13, 2 ** 31 - 1, 2 ** 32 - 2]) t.throws(() => parseHevcSps(spsOf({ moreOrderBits })), MediaInvalid, `${moreOrderBits}`);
  });

  t.test('cut inside of what is passed over', async (t) => {
    t.throws(() => parseHevcSps(spsOf({ moreOrderBits: 12, cutBits: 16 })), MediaInvalid);
  });
});

t.test('pictures', async (t) => {
  const nal = (type: number, ...bytes: number[]): Buffer => Buffer.from([0, 0, 0, 2 + bytes.length, type << 1, 1, ...bytes]);
  const [delimiter, vps, sps, pps, sei, slice] = [nal(35, 0x50), nal(32, 1), nal(33, 2), nal(34, 3), nal(39, 4), nal(19, 5, 6, 7)];

  t.test('leave their parameter sets out, without a copy where they come first', async (t) => {
    const usual = Buffer.concat([delimiter, vps, sps, pps, sei, slice]);
    const kept = withoutParameterSets(usual);
    t.same(kept, Buffer.concat([sei, slice]));
    t.equal(kept?.buffer, usual.buffer);
    t.same(withoutParameterSets(Buffer.concat([sei, vps, slice, Buffer.alloc(4)])), Buffer.concat([sei, slice]), 'in between');
    t.equal(withoutParameterSets(Buffer.concat([vps, sps, pps])), undefined);
  });

  t.test('are refused where their lengths do not fit', async (t) => {
    t.throws(() => withoutParameterSets(slice.subarray(0, 6)), MediaInvalid);
    t.throws(() => withoutParameterSets(Buffer.concat([slice, Buffer.alloc(3)])), MediaInvalid);
    t.throws(() => withoutParameterSets(Buffer.from([0xff, 0xff, 0xff, 0xff, 0])), MediaInvalid);
  });

  t.test('of an encoder that repeats its parameter sets', async (t) => {
    const tags = await makeEnhanced({ codec: 'hevc', seconds: 1, hasAudio: false, x265: 'bframes=2' });
    const frames = tags.slice(1).map(({ timestampMs, body }) => parseFlvTag(FLV_VIDEO, timestampMs, body));
    const first = frames[0];
    if (first?.type !== 'frame') throw new Error('the second tag is no picture');
    t.ok((tags[1]?.body.length ?? 0) - first.frame.payload.length > 60, 'they are gone');
    t.equal(first.frame.isKey, true);
    t.ok(frames.some((media) => media?.type === 'frame' && media.frame.ptsMs !== media.frame.dtsMs), 'and pictures are reordered');
  });
});
