import t from 'tap';
import { MediaInvalid } from '../../../src/streams/index.js';
import { parseAvcConfig } from '../../../src/streams/codec/h264.js';
import type { VideoConfig } from '../../../src/streams/index.js';
import { makeFlv, readFlv } from '../../support/flv.js';

interface Source {
  size: string;
  args?: string[];
}

async function configOf({ size, args = [] }: Source): Promise<VideoConfig> {
  const flv = await makeFlv(['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`, '-frames:v', '3', '-c:v', 'libx264', '-preset', 'ultrafast', ...args]);
  for (const { media } of readFlv(flv)) if (media.type === 'config' && media.config.kind === 'video') return media.config;
  throw new Error('FFmpeg wrote no video configuration');
}

const sources: { name: string; source: Source; expected: Partial<VideoConfig> }[] = [
  { name: '1080p is cropped from 1088 lines', source: { size: '1920x1080', args: ['-pix_fmt', 'yuv420p'] }, expected: { width: 1920, height: 1080, isBaselineChroma: true, interlaced: false } },
  { name: '720p needs no cropping', source: { size: '1280x720', args: ['-pix_fmt', 'yuv420p'] }, expected: { width: 1280, height: 720 } },
  { name: 'a size that is no multiple of 16', source: { size: '854x478', args: ['-pix_fmt', 'yuv420p'] }, expected: { width: 854, height: 478 } },
  { name: 'portrait', source: { size: '720x1280', args: ['-pix_fmt', 'yuv420p'] }, expected: { width: 720, height: 1280 } },
  { name: '4:2:2 crops single lines', source: { size: '1920x1080', args: ['-pix_fmt', 'yuv422p', '-profile:v', 'high422'] }, expected: { width: 1920, height: 1080, isBaselineChroma: false } },
  { name: '4:4:4 crops single pixels of an odd size', source: { size: '854x480', args: ['-vf', 'format=yuv444p,scale=853:479', '-profile:v', 'high444'] }, expected: { width: 853, height: 479, isBaselineChroma: false } },
  { name: 'grey has no chroma to crop by', source: { size: '642x362', args: ['-pix_fmt', 'gray'] }, expected: { width: 642, height: 362, isBaselineChroma: false } },
  { name: '10 bit', source: { size: '640x360', args: ['-pix_fmt', 'yuv420p10le', '-profile:v', 'high10'] }, expected: { width: 640, height: 360, isBaselineChroma: false } },
  { name: 'anamorphic PAL', source: { size: '720x576', args: ['-pix_fmt', 'yuv420p', '-vf', 'setsar=64/45'] }, expected: { width: 720, height: 576, sar: { width: 64, height: 45 } } },
  { name: 'a sample aspect ratio of the table', source: { size: '640x480', args: ['-pix_fmt', 'yuv420p', '-vf', 'setsar=12/11'] }, expected: { sar: { width: 12, height: 11 } } },
  { name: 'square pixels when nothing is said', source: { size: '640x480', args: ['-pix_fmt', 'yuv420p'] }, expected: { sar: { width: 1, height: 1 } } },
  { name: 'a sample aspect ratio that no display has', source: { size: '640x480', args: ['-pix_fmt', 'yuv420p', '-vf', 'setsar=200/1'] }, expected: { width: 640, sar: { width: 1, height: 1 } } },
  { name: 'interlaced 1080i', source: { size: '1920x1080', args: ['-pix_fmt', 'yuv420p', '-preset', 'veryfast', '-x264-params', 'tff=1'] }, expected: { width: 1920, height: 1080, interlaced: true } },
  { name: 'B-frames', source: { size: '640x360', args: ['-pix_fmt', 'yuv420p', '-profile:v', 'high', '-bf', '2', '-b_strategy', '0'] }, expected: { reorderFrames: 2 } },
  { name: 'no B-frames', source: { size: '640x360', args: ['-pix_fmt', 'yuv420p', '-bf', '0'] }, expected: { reorderFrames: 0 } },
  { name: 'Baseline', source: { size: '640x360', args: ['-pix_fmt', 'yuv420p', '-profile:v', 'baseline', '-level', '3'] }, expected: { codecString: 'avc1.42c01e', reorderFrames: 0, isBaselineChroma: true } },
  { name: 'High with scaling lists and HRD', source: { size: '1920x1080', args: ['-pix_fmt', 'yuv420p', '-profile:v', 'high', '-bf', '2', '-b_strategy', '0', '-b:v', '3M', '-maxrate', '3M', '-bufsize', '3M', '-x264-params', 'cqm=jvt:nal-hrd=cbr'] }, expected: { width: 1920, height: 1080, reorderFrames: 2 } },
];

for (const { name, source, expected } of sources) {
  t.test(name, async (t) => {
    t.match(await configOf(source), expected);
  });
}

t.test('hostile records', async (t) => {
  const { description } = await configOf({ size: '1920x1080', args: ['-pix_fmt', 'yuv420p', '-profile:v', 'high', '-bf', '2'] });
  const spsEnd = 8 + description.readUInt16BE(6);
  const changed = (change: (record: Buffer) => void): Buffer => {
    const record = Buffer.from(description);
    change(record);
    return record;
  };

  t.test('a record cut anywhere in its parameter set is refused, not read past', async (t) => {
    for (let length = 0; length < spsEnd; length++) t.throws(() => parseAvcConfig(description.subarray(0, length)), MediaInvalid, `${length} bytes`);
    t.equal(parseAvcConfig(description.subarray(0, spsEnd)).width, 1920);
  });

  t.test('what cannot be served is refused with the reason', async (t) => {
    t.throws(() => parseAvcConfig(changed((record) => { record[0] = 0; })), { message: /not version 1/ });
    t.throws(() => parseAvcConfig(changed((record) => { record[4] = 0xfc; })), { message: 'NAL unit lengths have 1 bytes; only 4 are supported' });
    t.throws(() => parseAvcConfig(changed((record) => { record[5] = 0xe0; })), { message: /no sequence parameter set/ });
  });

  t.test('every single changed bit gives sane numbers or MediaInvalid', async (t) => {
    const wrong: string[] = [];
    for (let bit = 64; bit < spsEnd * 8; bit++) {
      const record = changed((bytes) => { bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (128 >> (bit & 7)); });
      try {
        const { width, height, sar } = parseAvcConfig(record);
        const shown = (width * sar.width) / sar.height;
        if (!(width >= 16 && width <= 8192 && height >= 16 && height <= 8192 && shown >= 4 && shown < 65_536)) wrong.push(`bit ${bit}: ${width}x${height} sar ${sar.width}:${sar.height}`);
      } catch (error) {
        if (!(error instanceof MediaInvalid)) wrong.push(`bit ${bit}: ${String(error)}`);
      }
    }
    t.same(wrong, []);
  });
});
