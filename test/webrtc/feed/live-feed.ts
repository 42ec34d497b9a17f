import t from 'tap';
import { opusConfig } from '../../../src/streams/index.js';
import { LiveFeed } from '../../../src/webrtc/feed/live-feed.js';
import { VideoSender } from '../../../src/webrtc/feed/video-sender.js';
import { audioConfig, audioFrame } from '../../support/frames.js';

const AUDIO = [{ name: 'audio', kind: 'audio' as const, origin: 'encoded' as const }];

t.test('the Opus of a source goes out as it is, and its AAC to nobody', async (t) => {
  const feed = new LiveFeed({ epochMs: 0, facts: () => ({ hasBFrames: false }), openOpus: () => { throw new Error('nothing is to be encoded'); } });
  const sent: number[] = [];
  feed.open({ video: new VideoSender({ epochMs: 0, sendRtp: () => undefined }), sendOpus: ({ ptsMs }) => sent.push(ptsMs) });
  feed.startTake({ number: 3, renditions: AUDIO, keyFrameIntervalMs: 0 });
  t.notOk(feed.hasAudio);
  feed.pushOpus({ type: 'config', take: 3, rendition: 'audio', config: opusConfig() });
  t.ok(feed.hasAudio);
  feed.push({ type: 'config', take: 3, rendition: 'audio', config: audioConfig() });
  feed.push({ type: 'frame', take: 3, rendition: 'audio', frame: audioFrame(15) });
  for (const ptsMs of [20, 40]) feed.pushOpus({ type: 'frame', take: 3, rendition: 'audio', frame: audioFrame(ptsMs) });
  feed.pushOpus({ type: 'frame', take: 2, rendition: 'audio', frame: audioFrame(60) });
  t.same(sent, [20, 40]);
});

t.test('after an Opus source, the AAC of the next take is encoded', async (t) => {
  const opened: string[] = [];
  const feed = new LiveFeed({ epochMs: 0, facts: () => ({ hasBFrames: false }), openOpus: ({ codec }) => {
    opened.push(codec);
    return { push: () => undefined, close: () => undefined };
  } });
  feed.open({ video: new VideoSender({ epochMs: 0, sendRtp: () => undefined }), sendOpus: () => undefined });
  feed.startTake({ number: 0, renditions: AUDIO, keyFrameIntervalMs: 0 });
  feed.pushOpus({ type: 'config', take: 0, rendition: 'audio', config: opusConfig() });
  feed.startTake({ number: 1, renditions: AUDIO, keyFrameIntervalMs: 0 });
  feed.push({ type: 'config', take: 1, rendition: 'audio', config: audioConfig() });
  feed.push({ type: 'frame', take: 1, rendition: 'audio', frame: audioFrame(20) });
  t.same(opened, ['aac']);
});
