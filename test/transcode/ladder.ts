import t from 'tap';
import type { SourceFacts, VideoConfig } from '../../src/streams/index.js';
import { planLadder } from '../../src/transcode/ladder.js';
import type { LadderOptions, LadderPlan } from '../../src/transcode/ladder.js';
import { audioConfig, av1Config, hevcConfig, videoConfig } from '../support/frames.js';

const RUNGS = [
  { name: '720p', shortSide: 720, bitrateKbps: 2800 },
  { name: '480p', shortSide: 480, bitrateKbps: 1200 },
  { name: '360p', shortSide: 360, bitrateKbps: 600 },
];

interface Source extends Partial<Omit<SourceFacts, 'video'>> {
  video?: (Partial<VideoConfig> & { profile?: number; level?: number }) | undefined;
}

/** 1080p30 with stereo AAC and a key frame every 2 s, on a machine with cores to spare. */
function plan(source: Source = {}, change: Partial<LadderOptions> = {}): LadderPlan {
  const { video = {}, ...facts } = source;
  return planLadder({
    source: {
      video: 'video' in source && source.video === undefined ? undefined : videoConfig(video),
      audio: audioConfig(), fps: 30, videoKbps: 6000, audioKbps: 128, keyFrameIntervalSec: 2, sinceKeyFrameSec: 0, hasBFrames: false,
      ...facts,
    },
    config: { rungs: RUNGS, audioBitrateKbps: 160, maxKeyFrameIntervalSec: 2.4 },
    ladder: 'auto',
    cost: { decodePerMpx: 0.003, encodePerMpx: 0.016 },
    coresFree: 16,
    dropped: new Set(),
    canEncode: true,
    ...change,
  });
}

/** `source 720p:1280x720 audio*`: a star for what is encoded anew, sizes for encoded pictures, `/2` for half the rate. */
function summary({ renditions, encoded }: LadderPlan): string {
  return renditions.map(({ name, kind, origin }) => {
    const rung = encoded.find((one) => one.name === name);
    if (kind === 'audio') return origin === 'encoded' ? 'audio*' : 'audio';
    return rung ? `${name}:${rung.width}x${rung.height}${rung.halvesFrameRate ? '/2' : ''}` : name;
  }).join(' ');
}

const size = (width: number, height: number): Source => ({ video: { width, height } });

const table: { name: string; source?: Source; options?: Partial<LadderOptions>; expected: string }[] = [
  { name: '1080p', expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: '2160p', source: size(3840, 2160), expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: '720p: no rung as large as the source', source: size(1280, 720), expected: 'source 480p:854x480 360p:640x360 audio' },
  { name: '480p', source: size(854, 480), expected: 'source 360p:640x360 audio' },
  { name: '360p and below: the source alone', source: size(640, 360), expected: 'source audio' },
  { name: 'odd size', source: size(1366, 768), expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'not quite a rung', source: size(854, 478), expected: 'source 360p:644x360 audio' },
  { name: '4:3', source: size(1024, 768), expected: 'source 720p:960x720 480p:640x480 360p:480x360 audio' },
  { name: 'ultra wide', source: size(2560, 1080), expected: 'source 720p:1706x720 480p:1138x480 360p:854x360 audio' },
  { name: 'portrait', source: size(1080, 1920), expected: 'source 720p:720x1280 480p:480x854 360p:360x640 audio' },
  { name: 'portrait 720p', source: size(720, 1280), expected: 'source 480p:480x854 360p:360x640 audio' },
  { name: 'square', source: size(1080, 1080), expected: 'source 720p:720x720 480p:480x480 360p:360x360 audio' },
  { name: 'anamorphic PAL is scaled to what is shown', source: { video: { width: 720, height: 576, sar: { width: 64, height: 45 } } }, expected: 'source 480p:854x480 360p:640x360 audio' },
  { name: '60 a second: small rungs at half', source: { fps: 60 }, expected: 'source 720p:1280x720 480p:854x480/2 360p:640x360/2 audio' },
  { name: '50 a second', source: { fps: 50 }, expected: 'source 720p:1280x720 480p:854x480/2 360p:640x360/2 audio' },
  { name: '25 a second', source: { fps: 25 }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'pictures alone', source: { audio: undefined }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360' },
  { name: 'sound alone', source: { video: undefined, fps: 0 }, expected: 'audio' },
  { name: 'nothing', source: { video: undefined, audio: undefined }, expected: '' },

  { name: 'long groups: encoded anew at its own size where a rung has it', source: { ...size(1280, 720), keyFrameIntervalSec: 10 }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'long groups of 1080p', source: { keyFrameIntervalSec: 8.3 }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'long groups, smaller than every rung', source: { ...size(320, 180), keyFrameIntervalSec: 10 }, expected: '180p:320x180 audio' },
  { name: 'no second key frame was seen', source: { keyFrameIntervalSec: undefined, sinceKeyFrameSec: 2.6 }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'groups at the limit pass', source: { keyFrameIntervalSec: 2.4 }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: '10 bit', source: { video: { profile: 110, isBaselineChroma: false } }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: '4:2:2', source: { video: { profile: 122, isBaselineChroma: false } }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'interlaced', source: { video: { interlaced: true } }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'level 6', source: { ...size(3840, 2160), video: { width: 3840, height: 2160, level: 60 } }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'level 5.2 passes', source: { video: { level: 52 } }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'B-frames pass', source: { hasBFrames: true }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },

  { name: 'HEVC passes, and every player finds a rung beside it', source: { video: hevcConfig() }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'AV1 passes, with a rung as large as it', source: { video: av1Config({ width: 1280, height: 720 }) }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'HEVC smaller than every rung', source: { video: hevcConfig({ width: 320, height: 180 }) }, expected: 'source 180p:320x180 audio' },
  { name: 'HEVC Main 10 passes', source: { video: hevcConfig({ profile: 2, isBaselineChroma: false }) }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'HEVC 4:2:2', source: { video: hevcConfig({ profile: 4, isBaselineChroma: false }) }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'HEVC level 6', source: { video: hevcConfig({ level: 180 }) }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'AV1 4:4:4', source: { video: av1Config({ profile: 1, isBaselineChroma: false }) }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'HEVC on a busy machine: the least rung all the same', source: { video: hevcConfig() }, options: { coresFree: 0 }, expected: 'source 360p:640x360 audio' },
  { name: 'HEVC and a rung that proved too much', source: { video: hevcConfig() }, options: { ladder: ['720p'], dropped: new Set(['720p']) }, expected: 'source 720p:1280x720 audio' },
  { name: 'HEVC, off: the source alone', source: { video: hevcConfig() }, options: { ladder: 'off' }, expected: 'source audio' },
  { name: 'HEVC with long groups', source: { video: hevcConfig(), keyFrameIntervalSec: 10 }, expected: '720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'HEVC that FFmpeg cannot decode: the source alone', source: { video: hevcConfig() }, options: { canEncode: false }, expected: 'source audio' },

  { name: '5.1 sound', source: { audio: audioConfig({ channels: 6 }) }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio*' },
  { name: 'HE-AAC', source: { audio: audioConfig({ codecString: 'mp4a.40.5', sampleRate: 24_000 }) }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio*' },
  { name: '96 kHz', source: { audio: audioConfig({ sampleRate: 96_000 }) }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio*' },
  { name: '500 kbps of sound', source: { audioKbps: 500 }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio*' },
  { name: 'mono 44.1 kHz passes', source: { audio: audioConfig({ channels: 1, sampleRate: 44_100 }) }, expected: 'source 720p:1280x720 480p:854x480 360p:640x360 audio' },
  { name: 'sound alone, to encode', source: { video: undefined, audio: audioConfig({ channels: 6 }) }, expected: 'audio*' },

  { name: 'off', options: { ladder: 'off' }, expected: 'source audio' },
  { name: 'off, long groups: they pass', source: { keyFrameIntervalSec: 10 }, options: { ladder: 'off' }, expected: 'source audio' },
  { name: 'off, a source that cannot pass: one rung', source: { video: { interlaced: true } }, options: { ladder: 'off' }, expected: '720p:1280x720 audio' },
  { name: 'off, no second key frame in twelve seconds: cannot be cut', source: { keyFrameIntervalSec: undefined, sinceKeyFrameSec: 12 }, options: { ladder: 'off' }, expected: '720p:1280x720 audio' },
  { name: 'a list', options: { ladder: ['720p', '360p'] }, expected: 'source 720p:1280x720 360p:640x360 audio' },
  { name: 'a list is not cut to the machine', options: { ladder: ['720p'], coresFree: 0 }, expected: 'source 720p:1280x720 audio' },
  { name: 'a list above the source', source: size(640, 360), options: { ladder: ['720p', '480p'] }, expected: 'source audio' },
  { name: 'a list above a source that cannot pass', source: { ...size(640, 352), keyFrameIntervalSec: 10 }, options: { ladder: ['720p'] }, expected: '352p:640x352 audio' },

  { name: 'a small machine: small rungs first', options: { coresFree: 0.7 }, expected: 'source 480p:854x480 360p:640x360 audio' },
  { name: 'a busy machine: the source alone', options: { coresFree: 0.2 }, expected: 'source audio' },
  { name: 'a busy machine and a source that cannot pass: the least rung', source: { keyFrameIntervalSec: 10 }, options: { coresFree: -1 }, expected: '360p:640x360 audio' },
  { name: 'room for two small ones or one large one', options: { coresFree: 0.6 }, expected: 'source 480p:854x480 360p:640x360 audio' },
  { name: 'a rung that proved too much', options: { dropped: new Set(['720p']) }, expected: 'source 480p:854x480 360p:640x360 audio' },
  { name: 'every rung proved too much, and the source cannot pass', source: { keyFrameIntervalSec: 10 }, options: { dropped: new Set(['720p', '480p', '360p']) }, expected: '360p:640x360 audio' },
  { name: 'FFmpeg fails again and again', source: { audio: audioConfig({ channels: 6 }) }, options: { canEncode: false }, expected: 'source audio' },
  { name: 'FFmpeg fails and the source does not fit players: better than nothing', source: { keyFrameIntervalSec: 10 }, options: { canEncode: false }, expected: 'source audio' },
];

for (const { name, source, options, expected } of table) {
  t.test(name, async (t) => {
    t.equal(summary(plan(source, options)), expected);
  });
}

t.test('key frames follow the source where they can', async (t) => {
  t.match(plan(), { keyFrames: 'source', keyFrameIntervalMs: 2000 });
  t.match(plan({ keyFrameIntervalSec: 1 }), { keyFrames: 'source', keyFrameIntervalMs: 1000 });
  t.match(plan({ video: { interlaced: true } }), { keyFrames: 'source', keyFrameIntervalMs: 2000 }, 'encoded anew, cut at the same places');
  t.match(plan({ keyFrameIntervalSec: 10 }), { keyFrames: 2, keyFrameIntervalMs: 2000 });
  t.match(plan({ keyFrameIntervalSec: 10 }, { ladder: 'off' }), { keyFrames: 'source', keyFrameIntervalMs: 10_000 });
});

t.test('planned cores', async (t) => {
  const { cores, encoded } = plan();
  const decode = ((1920 * 1080 * 30) / 1e6) * 0.003;
  t.equal(cores, decode + encoded.reduce((sum, rung) => sum + rung.cores, 0));
  t.equal(encoded[0]?.cores, ((1280 * 720 * 30) / 1e6) * 0.016);
  t.equal(plan({}, { ladder: 'off' }).cores, 0, 'a source that passes costs nothing');
});

t.test('bitrates come from the settings', async (t) => {
  t.same(plan().encoded.map(({ bitrateKbps }) => bitrateKbps), [2800, 1200, 600]);
  t.equal(plan({ audio: audioConfig({ channels: 6 }) }).encodedAudioKbps, 160);
  t.equal(plan().encodedAudioKbps, undefined);
});

t.test('what the streamer is told', async (t) => {
  t.same(plan().notes, []);
  t.same(plan({ keyFrameIntervalSec: 10 }).notes, ['key frames are 10.0 s or more apart: the source is encoded anew (set the encoder\'s key-frame interval to 2 s)']);
  t.same(plan({ keyFrameIntervalSec: undefined, sinceKeyFrameSec: 2.6 }).notes, ['key frames are 2.6 s or more apart: the source is encoded anew (set the encoder\'s key-frame interval to 2 s)']);
  t.same(plan({ video: { interlaced: true } }).notes, ['the source is interlaced, which players show badly: it is encoded anew']);
  t.same(plan({ video: { profile: 110, isBaselineChroma: false } }).notes, ['the source is not 8-bit 4:2:0 H.264, which players need: it is encoded anew']);
  t.same(plan({ video: { level: 60 } }).notes, ['the source\'s H.264 level 6 is above 5.2, which players refuse: it is encoded anew']);
  t.same(plan({ audio: audioConfig({ channels: 6 }) }).notes, ['audio (mp4a.40.2, 6 channels, 48000 Hz) is encoded anew as stereo AAC']);
  t.same(plan({}, { coresFree: 0.7 }).notes, ['720p is left out: it would take 0.4 cores and 0.2 are free']);
  t.same(plan({}, { canEncode: false }).notes, ['FFmpeg failed several times in a minute: only the source is served']);
});

t.test('what WebRTC brings and HLS does not take is encoded anew', async (t) => {
  const opus = audioConfig({ codec: 'opus', codecString: 'opus' });
  t.equal(summary(plan({ audio: opus, video: { profile: 66 } })), 'source 720p:1280x720 480p:854x480 360p:640x360 audio*');
  for (const codec of ['vp8', 'vp9'] as const) {
    const made = plan({ audio: opus, video: { codec, codecString: codec, description: Buffer.alloc(4), width: 1280, height: 720 } });
    t.equal(summary(made), '720p:1280x720 480p:854x480 360p:640x360 audio*');
    t.match(made.notes, [/audio \(opus, 2 channels, 48000 Hz\)/, `the source is ${codec.toUpperCase()}, which HLS players do not take: it is encoded anew`]);
    t.equal(summary(plan({ audio: opus, video: { codec, codecString: codec, description: Buffer.alloc(4) } }, { canEncode: false })), '', 'nothing else could be packaged');
  }
});
