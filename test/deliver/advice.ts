import t from 'tap';
import { adviseStreamer } from '../../src/deliver/advice.js';
import type { EncodeFacts } from '../../src/deliver/live.js';
import type { SourceFacts } from '../../src/streams/index.js';
import { audioConfig, av1Config, hevcConfig, videoConfig } from '../support/frames.js';

const GOOD: SourceFacts = { video: videoConfig(), audio: audioConfig(), fps: 30, videoKbps: 6000, audioKbps: 128, keyFrameIntervalSec: 2, sinceKeyFrameSec: 0.5, hasBFrames: false };
const KEEPS_UP: EncodeFacts = { ladder: 'auto', renditions: [], dropped: [], notes: [], restarts: 0, encode: { speed: 1, lagMs: 200 } };
const HEALTHY = 'ok healthy: The stream is healthy.';

function advice(source: Partial<SourceFacts>, encode: Partial<EncodeFacts> = {}): string[] {
  return adviseStreamer({ ...GOOD, ...source }, { ...KEEPS_UP, ...encode }).map(({ level, code, message }) => `${level} ${code}: ${message}`);
}

const LONG_KEYS = (sec: string): string => `warn key_frames_rare: The key-frame interval is ${sec} s: set 2 s in OBS → Settings → Output → Keyframe Interval. Viewers now start later and lag further behind.`;

const table: { name: string; source?: Partial<SourceFacts>; encode?: Partial<EncodeFacts>; expected: string[] }[] = [
  { name: 'nothing to say', expected: [HEALTHY] },
  { name: 'rare key frames', source: { keyFrameIntervalSec: 10 }, expected: [LONG_KEYS('10')] },
  { name: 'no second key frame yet', source: { keyFrameIntervalSec: undefined, sinceKeyFrameSec: 4.25 }, expected: [LONG_KEYS('4.3')] },
  { name: 'a start with the first key frame only', source: { keyFrameIntervalSec: undefined, sinceKeyFrameSec: 1 }, expected: [HEALTHY] },
  { name: 'too many key frames', source: { keyFrameIntervalSec: 0.5 }, expected: [HEALTHY, 'info key_frames_often: A key frame every 0.5 s costs picture quality: 2 s is enough.'] },
  { name: 'few pictures', source: { fps: 12.04 }, expected: ['warn fps_low: Only 12 pictures a second arrive: check the encoder\'s load and the connection.'] },
  { name: 'few bits', source: { videoKbps: 1500, fps: 60 }, expected: [HEALTHY, 'info bitrate_low: 1500 kbps is little for 1920×1080 at 60 fps: moving pictures may show blocks.'] },
  { name: 'many bits', source: { videoKbps: 25_000 }, expected: [HEALTHY, 'info bitrate_high: 25000 kbps is more than 1920×1080 at 30 fps needs; a lower bitrate reaches more viewers.'] },
  { name: 'B-frames', source: { hasBFrames: true }, expected: [HEALTHY, 'info b_frames: The encoder uses B-frames. HLS plays them; they add a little delay.'] },
  { name: 'HEVC with a rung', source: { video: hevcConfig() }, encode: { renditions: [{ name: 'source', origin: 'passthrough' }, { name: '720p', origin: 'encoded' }, { name: 'audio', origin: 'encoded' }] }, expected: [HEALTHY, 'info codec_reach: HEVC plays in Safari, and in Chrome, Edge and Firefox on devices whose graphics chip decodes it; other viewers get 720p and below in H.264.'] },
  { name: 'AV1 alone', source: { video: av1Config() }, encode: { ladder: 'off', renditions: [{ name: 'source', origin: 'passthrough' }, { name: 'audio', origin: 'encoded' }] }, expected: ['warn codec_reach: AV1 plays in Chrome, Edge and Firefox, and in Safari on Apple devices from the iPhone 15 Pro and the M3 on; other viewers see nothing. Switch the ladder on in the channel\'s settings, or send H.264.'] },
  { name: 'HEVC that is encoded anew reaches everybody', source: { video: hevcConfig() }, encode: { renditions: [{ name: '720p', origin: 'encoded' }] }, expected: [HEALTHY] },
  { name: 'interlaced', source: { video: videoConfig({ interlaced: true }) }, expected: ['warn interlaced: The picture is interlaced: set the camera or encoder to progressive.'] },
  { name: 'sound alone', source: { video: undefined, fps: 0, videoKbps: 0 }, expected: [HEALTHY, 'info no_video: No video arrives: viewers hear the sound over a still page.'] },
  { name: 'pictures alone', source: { audio: undefined }, expected: [HEALTHY, 'info no_audio: No sound arrives.'] },
  { name: 'surround', source: { audio: audioConfig({ channels: 6 }) }, expected: [HEALTHY, 'info surround: Sound has 6 channels; viewers get stereo.'] },
  { name: 'dropped rungs', encode: { dropped: ['720p', '480p'] }, expected: ['warn rungs_dropped: The server could not keep up and left out 720p, 480p. Lower the ladder or use a stronger machine.'] },
  { name: 'behind', encode: { encode: { speed: 0.873, lagMs: 4_000 } }, expected: ['warn encode_slow: The server encodes at 0.87 × real time and falls behind.'] },
  { name: 'slow for a moment only', encode: { encode: { speed: 0.873, lagMs: 400 } }, expected: [HEALTHY] },
  { name: 'no encoder', encode: { encode: undefined }, expected: [HEALTHY] },
  { name: 'restarts', encode: { restarts: 1 }, expected: [HEALTHY, 'info encode_restarted: The server\'s encoder was restarted once during this broadcast.'] },
  { name: 'more restarts', encode: { restarts: 3 }, expected: [HEALTHY, 'info encode_restarted: The server\'s encoder was restarted 3 times during this broadcast.'] },
  { name: 'what the ladder decided', encode: { notes: ['720p is left out: it would take 0.9 cores and 0.2 are free'] }, expected: [HEALTHY, 'info ladder: 720p is left out: it would take 0.9 cores and 0.2 are free.'] },
  { name: 'nothing arrived yet', source: { video: undefined, audio: undefined, fps: 0, videoKbps: 0, audioKbps: 0, keyFrameIntervalSec: undefined }, expected: ['warn nothing_arrives: Neither picture nor sound has arrived: check that the encoder is running.'] },
];

for (const { name, source, encode, expected } of table) {
  t.test(name, async (t) => {
    t.same(advice(source ?? {}, encode), expected);
  });
}
