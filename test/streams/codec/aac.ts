import t from 'tap';
import { parseAudioSpecificConfig } from '../../../src/streams/codec/aac.js';
import { CodecUnsupported, MediaInvalid } from '../../../src/streams/index.js';
import { makeFlv, readFlv } from '../../support/flv.js';

const read = (hex: string) => {
  const { description: _description, ...facts } = parseAudioSpecificConfig(Buffer.from(hex, 'hex'));
  return facts;
};

t.test('what FFmpeg writes', async (t) => {
  for (const { rate, channels } of [{ rate: 48_000, channels: 2 }, { rate: 44_100, channels: 1 }, { rate: 48_000, channels: 6 }, { rate: 22_050, channels: 2 }]) {
    const flv = await makeFlv(['-f', 'lavfi', '-i', `anullsrc=r=${rate}:cl=${channels === 6 ? '5.1' : channels === 1 ? 'mono' : 'stereo'}`, '-t', '0.1', '-c:a', 'aac']);
    const config = readFlv(flv).map(({ media }) => (media.type === 'config' ? media.config : undefined)).find((one) => one !== undefined);
    t.match(config, { kind: 'audio', codec: 'aac', codecString: 'mp4a.40.2', sampleRate: rate, channels, frameSamples: 1024 }, `${rate} Hz, ${channels} channels`);
  }
});

t.test('AudioSpecificConfigs by hand', async (t) => {
  t.match(read('1190'), { codecString: 'mp4a.40.2', sampleRate: 48_000, channels: 2 });
  t.match(read('2b92'), { codecString: 'mp4a.40.5', sampleRate: 22_050, channels: 2 }, 'explicit HE-AAC');
  t.match(read('1780bb8010'), { sampleRate: 96_000, channels: 2 }, 'a rate in 24 bits');
  t.match(read('1194'), { frameSamples: 960 }, 'short frames');
  t.match(read('2b92080'), { frameSamples: 1024 });
  t.match(read('11b8'), { channels: 8 }, 'configuration 7 is 7.1');
});

t.test('hostile ones', async (t) => {
  t.throws(() => read(''), MediaInvalid);
  t.throws(() => read('11'), MediaInvalid);
  t.throws(() => read('1690'), MediaInvalid, 'rate index 13 is reserved');
  t.throws(() => read('1180'), MediaInvalid, 'channels in a program config element');
  t.throws(() => read('1780000110'), MediaInvalid, '2 Hz');
  t.throws(() => read('f94a'), CodecUnsupported, 'xHE-AAC has its type in an escape');
});
