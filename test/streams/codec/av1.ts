import t from 'tap';
import type { VideoConfig } from '../../../src/streams/index.js';
import { MediaInvalid, parseFlvTag } from '../../../src/streams/index.js';
import { parseAv1Config, withoutDelimiters } from '../../../src/streams/codec/av1.js';
import type { EnhancedOptions } from '../../support/enhanced.js';
import { makeEnhanced } from '../../support/enhanced.js';

type Source = Pick<EnhancedOptions, 'size' | 'fps' | 'video'>;

async function configOf(source: Source): Promise<VideoConfig> {
  const [first] = await makeEnhanced({ codec: 'av1', seconds: 0.1, hasAudio: false, ...source });
  const media = first && parseFlvTag(first.type, first.timestampMs, first.body);
  if (media?.type !== 'config' || media.config.kind !== 'video') throw new Error('the first tag is no configuration');
  return media.config;
}

const SVT = ['-c:v', 'libsvtav1', '-preset', '12'];
const sources: { name: string; source: Source; expected: Partial<VideoConfig> }[] = [
  { name: '1080p', source: { size: '1920x1080' }, expected: { codec: 'av1', width: 1920, height: 1080, isBaselineChroma: true, interlaced: false, reorderFrames: 0, codecString: 'av01.0.08M.08' } },
  { name: 'a size that is no multiple of 8', source: { size: '854x478' }, expected: { width: 854, height: 478, codecString: 'av01.0.04M.08' } },
  { name: 'portrait', source: { size: '720x1280' }, expected: { width: 720, height: 1280, codecString: 'av01.0.05M.08' } },
  { name: '10 bits', source: { size: '640x360', video: ['-pix_fmt', 'yuv420p10le'] }, expected: { isBaselineChroma: false, codecString: 'av01.0.01M.10' } },
  { name: '4:4:4', source: { size: '640x360', video: ['-pix_fmt', 'yuv444p'] }, expected: { isBaselineChroma: false, codecString: 'av01.1.01M.08' } },
  { name: 'described colours', source: { size: '640x360', video: ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'] }, expected: { width: 640, isBaselineChroma: true } },
  { name: 'another encoder', source: { size: '640x360', video: SVT }, expected: { width: 640, height: 360, codecString: 'av01.0.01M.08' } },
];

for (const { name, source, expected } of sources) {
  t.test(name, async (t) => {
    t.match(await configOf(source), expected);
  });
}

t.test('sequence headers by hand', async (t) => {
  const config = (obu: string): VideoConfig => parseAv1Config(Buffer.from(`81000000${obu}`, 'hex'));
  t.match(config('0a0b00000024c4ffdf00680230'), { width: 640, height: 480 }, 'of one operating point without timing');
  t.match(config('12000a0b00000024c4ffdf00680230'), { width: 640, height: 480 }, 'behind a delimiter');
});

t.test('the record', async (t) => {
  const { description } = await configOf({ size: '1280x720', video: SVT });
  const changed = (change: (record: Buffer) => void): Buffer => {
    const record = Buffer.from(description);
    change(record);
    return record;
  };

  t.test('says what the sequence header says', async (t) => {
    t.same(parseAv1Config(changed((record) => { record[1] = 0xff; record[2] = 0xff; })).description, description);
  });

  t.test('what cannot be served is refused with the reason', async (t) => {
    t.throws(() => parseAv1Config(changed((record) => { record[0] = 0x80; })), { message: /not version 1/ });
    t.throws(() => parseAv1Config(description.subarray(0, 4)), { message: 'AV1 configuration record has no sequence header' });
    for (let length = 0; length < description.length; length++) t.throws(() => parseAv1Config(description.subarray(0, length)), MediaInvalid, `${length} bytes`);
  });

  t.test('every single changed bit gives sane numbers or MediaInvalid', async (t) => {
    const wrong: string[] = [];
    for (let bit = 8; bit < description.length * 8; bit++) {
      const record = changed((bytes) => { bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (128 >> (bit & 7)); });
      try {
        const { width, height, codecString } = parseAv1Config(record);
        if (!(width >= 16 && width <= 8192 && height >= 16 && height <= 8192 && /^av01\.[0-7]\.\d\d[MH]\.(08|10|12)$/.test(codecString))) wrong.push(`bit ${bit}: ${width}x${height} ${codecString}`);
      } catch (error) {
        if (!(error instanceof MediaInvalid)) wrong.push(`bit ${bit}: ${String(error)}`);
      }
    }
    t.same(wrong, []);
  });
});

t.test('temporal units', async (t) => {
  const [delimiter, padding, header, frame, unsized] = ['1200', '7a0200ff', '0a03000000', '32040a0b0c0d', '3001020304'].map((hex) => Buffer.from(hex, 'hex'));
  const joined = (...obus: (Buffer | undefined)[]): Buffer => Buffer.concat(obus.flatMap((obu) => obu ?? []));

  t.test('leave delimiters and padding out, without a copy where they come first or last', async (t) => {
    const usual = joined(delimiter, header, frame, padding);
    const kept = withoutDelimiters(usual);
    t.same(kept, joined(header, frame));
    t.equal(kept?.buffer, usual.buffer);
    t.same(withoutDelimiters(joined(header, padding, unsized)), joined(header, unsized), 'in between');
    t.equal(withoutDelimiters(joined(delimiter)), undefined);
  });

  t.test('are refused where their sizes do not fit', async (t) => {
    t.throws(() => withoutDelimiters(Buffer.from('3205aabb', 'hex')), MediaInvalid, 'longer than the rest');
    t.throws(() => withoutDelimiters(Buffer.from('32', 'hex')), MediaInvalid, 'no size');
    t.throws(() => withoutDelimiters(Buffer.from('32808080808080808001', 'hex')), MediaInvalid, 'a size of nine bytes');
    t.throws(() => withoutDelimiters(Buffer.from('b200', 'hex')), MediaInvalid, 'the forbidden bit');
  });
});
