import t from 'tap';
import type { PlayableRendition } from '../../src/web/api/contract.js';
import { unplayableWords, videoCodecNames } from '../../src/web/playback/codecs.js';
import { levelNameOf } from '../../src/web/playback/engine.js';
import { qualityOptions, qualityWords } from '../../src/web/playback/quality.js';
import { recoveryStep } from '../../src/web/playback/recovery.js';
import { StallMeter } from '../../src/web/playback/stall-meter.js';
import { Throughput } from '../../src/web/playback/hls/throughput.js';

const RENDITIONS: PlayableRendition[] = [
  { name: 'source', kind: 'video', width: 1920, height: 1080, fps: 60, bitrateKbps: 6000 },
  { name: '720p', kind: 'video', width: 1280, height: 720, fps: 30, bitrateKbps: 2800 },
  { name: 'audio', kind: 'audio', bitrateKbps: 160 },
];

t.test('the quality menu', async (t) => {
  const options = qualityOptions({ levels: ['source', '720p'], renditions: RENDITIONS, dropped: [], activeLevel: '720p' });
  t.same(options, [
    { quality: 'auto', label: 'Auto', note: '720p' },
    { quality: 'source', label: '1080p60', note: 'source, 6.0 Mbps' },
    { quality: '720p', label: '720p', note: '2.8 Mbps' },
    { quality: 'audio', label: 'Audio only', note: '160 kbps' },
  ]);
  t.same(['auto', 'source', 'audio', 'gone'].map((quality) => qualityWords(options, quality)), [{ chosen: 'Auto', now: '720p' }, { chosen: '1080p60' }, { chosen: 'Audio only' }, { chosen: 'Auto' }]);
});

t.test('the quality menu leaves out what the server dropped, and names what it does not know', async (t) => {
  const given = { levels: ['source', '720p', '240p'], renditions: RENDITIONS, activeLevel: undefined };
  t.same(qualityOptions({ ...given, dropped: ['720p', 'audio'] }).map(({ label }) => label), ['Auto', '1080p60', '240p']);
  t.same(qualityOptions({ ...given, levels: [], dropped: [] }).map(({ label }) => label), ['Auto', 'Audio only'], 'a browser that chooses by itself');
});

t.test('a playlist names its rendition', async (t) => {
  t.same(['https://a.example/hls/ada/720p/index.m3u8?x=1/2', '/hls/ada/source/index.m3u8', 'index.m3u8', ''].map(levelNameOf), ['720p', 'source', '', '']);
});

t.test('trouble: gentle first, slower each time, never given up', async (t) => {
  const steps = (kind: 'network' | 'media' | 'codec' | 'other', hasStarted: boolean) =>
    [0, 1, 2, 3, 4, 50].map((attempt) => recoveryStep({ kind, attempt, hasStarted })).map(({ action, afterMs }) => `${action} ${afterMs}`);
  t.same(steps('network', true), ['resume 500', 'resume 1000', 'resume 2000', 'rebuild 4000', 'rebuild 8000', 'rebuild 8000']);
  t.same(steps('network', false), ['rebuild 500', 'rebuild 1000', 'rebuild 2000', 'rebuild 4000', 'rebuild 8000', 'rebuild 8000']);
  t.same(steps('media', true), ['recover 0', 'rebuild 1000', 'rebuild 2000', 'rebuild 4000', 'rebuild 8000', 'rebuild 8000']);
  t.same(steps('other', true)[0], 'rebuild 500');
  t.same(steps('codec', false).slice(0, 2), ['rebuild 10000', 'rebuild 10000'], 'a codec changes only when the streamer does something');
});

t.test('stalls', async (t) => {
  const meter = new StallMeter();
  meter.end(500);
  t.same([meter.count, meter.seconds(900)], [0, 0], 'an end without a beginning is nothing');
  meter.begin(1000);
  meter.begin(1200);
  t.same([meter.count, meter.seconds(1500)], [1, 0.5], 'one that lasts counts');
  meter.end(2000);
  meter.begin(5000);
  meter.end(5250);
  t.same([meter.count, meter.seconds(9000)], [2, 1.25]);
});

t.test('what cannot be played here is named', async (t) => {
  t.same(videoCodecNames(['hvc1.1.6.L93.B0,mp4a.40.2', 'av01.0.05M.08, mp4a.40.2', 'hev1.1.6.L60.B0', 'mp4a.40.2', undefined]), ['HEVC', 'AV1']);
  t.same(videoCodecNames(['avc1.64001f', 'mp4a.40.2', 'opus']), ['H.264']);
  t.equal(unplayableWords(['HEVC'], true), 'This stream is sent as HEVC, which this browser cannot play. You hear its sound.');
  t.equal(unplayableWords(['HEVC', 'AV1'], false), 'This stream is sent as HEVC and AV1, which this browser cannot play. Another browser or device may.');
});

t.test('throughput is that of the last few loads', async (t) => {
  const throughput = new Throughput();
  t.equal(throughput.kbps, undefined);
  throughput.add({ sizeBytes: 100_000, transferMs: 0 });
  t.equal(throughput.kbps, Infinity, 'what came at once');
  throughput.add({ sizeBytes: 100_000, transferMs: 400 });
  t.equal(throughput.kbps, 4_000);
  for (let n = 0; n < 6; n++) throughput.add({ sizeBytes: 10_000, transferMs: 80 });
  t.equal(throughput.kbps, 1_000);
});

t.test('a throughput that fell is believed when playback runs dry, one that rose after calm seconds', async (t) => {
  const throughput = new Throughput();
  t.equal(throughput.doubt(80_000, 0), undefined, 'nothing is known yet');
  throughput.add({ sizeBytes: 100_000, transferMs: 500 });
  t.equal(throughput.doubt(80_000, 0), 1_600);
  t.equal(throughput.doubt(1_000, 0), undefined, 'it was not too high');
  for (let n = 0; n < 6; n++) throughput.add({ sizeBytes: 100_000, transferMs: 50 });
  t.same([9_000, 10_000, 11_000, 15_000].map((nowMs) => throughput.trustAgain(1_600, nowMs)), [undefined, 2_400, undefined, 2_400]);
  t.equal(throughput.trustAgain(12_000, 30_000), undefined, 'no faster than what came');
  t.equal(new Throughput().trustAgain(1_600, 60_000), undefined);
});
