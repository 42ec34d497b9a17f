import t from 'tap';
import { chooseLayers } from '../../../src/webrtc/feed/layers.js';
import { hevcConfig, videoConfig } from '../../support/frames.js';

const passed = (config = videoConfig()) => ({ rendition: { name: 'source', kind: 'video' as const, origin: 'passthrough' as const }, config });
const rung = (name: string, width: number, height: number) => ({ rendition: { name, kind: 'video' as const, origin: 'encoded' as const }, config: videoConfig({ width, height }) });
const rungs = [rung('720p', 1280, 720), rung('480p', 854, 480), rung('360p', 640, 360)];
const plain = { hasBFrames: false };

t.test('the source where browsers can take it, and a small rung beside it', async (t) => {
  t.match(chooseLayers([passed(), ...rungs], plain), { main: 'source', low: '360p', note: undefined });
  t.match(chooseLayers([passed()], plain), { main: 'source', low: undefined });
  t.match(chooseLayers([passed(videoConfig({ width: 640, height: 360 })), rungs[2] ?? passed()], plain), { main: 'source', low: undefined }, 'what is not smaller helps nobody');
});

t.test('else the rung nearest to 720p, and a sentence that says why', async (t) => {
  const refused: [string, Parameters<typeof passed>[0], { hasBFrames: boolean }][] = [
    ['B-frames', undefined, { hasBFrames: true }],
    ['B-frames', videoConfig({ reorderFrames: 2 }), plain],
    ['HEVC', hevcConfig(), plain],
    ['interlaced', videoConfig({ interlaced: true }), plain],
    ['4:2:0', videoConfig({ isBaselineChroma: false }), plain],
    ['4:2:0', videoConfig({ profile: 244 }), plain],
    ['1440p', videoConfig({ width: 3840, height: 2160 }), plain],
  ];
  for (const [word, config, facts] of refused) {
    const layers = chooseLayers([passed(config), ...rungs], facts);
    t.match(layers, { main: '720p', low: '360p' }, word);
    t.match(layers.note, word);
  }
});

t.test('nothing to play', async (t) => {
  t.match(chooseLayers([passed(hevcConfig())], plain), { main: undefined, low: undefined, note: /HEVC/ });
  t.match(chooseLayers([], plain), { main: undefined, low: undefined, note: /no rendition/ });
});
