import t from 'tap';
import { ffmpegArguments, ffmpegOutputs } from '../../../src/transcode/encode/ffmpeg-arguments.js';
import type { VideoRung } from '../../../src/transcode/ladder.js';

const rung = (name: string, width: number, height: number, bitrateKbps: number, halvesFrameRate = false): VideoRung => ({ name, width, height, bitrateKbps, halvesFrameRate, cores: 1 });

const INPUT = '-hide_banner -nostdin -loglevel error -nostats -copyts -probesize 32768 -analyzeduration 1 -fpsprobesize 0 -thread_type slice -f matroska -i pipe:0';
const X264 = '-c:v libx264 -preset veryfast -profile:v high -bf 0 -x264-params rc-lookahead=0:sync-lookahead=0:mbtree=0:scenecut=0:sliced-threads=1 -g 10000';
const TIMES = '-forced-idr 1 -enc_time_base 1:1000 -fps_mode passthrough -crf 23';
const FLV = '-flvflags no_duration_filesize+no_sequence_end -flush_packets 1 -f flv';

function line(options: Omit<Parameters<typeof ffmpegArguments>[0], 'preset' | 'sourceCodec' | 'sourceMpxPerSec'>): string {
  return ffmpegArguments({ preset: 'veryfast', sourceCodec: 'h264', sourceMpxPerSec: 62.2, ...options }).join(' ');
}

t.test('two rungs at the source\'s key frames, the small one at half the rate', async (t) => {
  const plan = { encoded: [rung('720p', 1280, 720, 2800), rung('360p', 640, 360, 600, true)], encodedAudioKbps: undefined, keyFrames: 'source' as const };
  t.equal(line({ plan, isInterlaced: false }), [
    INPUT,
    '-filter_complex [0:v]split=2[s0][s1];[s0]scale=1280:720,setsar=1,format=yuv420p[v0];[s1]select=\'not(mod(n\\,2))+key\',scale=640:360,setsar=1,format=yuv420p[v1]',
    `-map [v0] ${X264} -force_key_frames source ${TIMES} -maxrate 2800k -bufsize 2800k ${FLV} pipe:3`,
    `-map [v1] ${X264} -force_key_frames source ${TIMES} -maxrate 600k -bufsize 600k ${FLV} pipe:4`,
  ].join(' '));
  t.same(ffmpegOutputs(plan), ['720p', '360p']);
});

t.test('an interlaced source with surround sound and key frames of our own', async (t) => {
  const plan = { encoded: [rung('720p', 1280, 720, 2800)], encodedAudioKbps: 160, keyFrames: 2 };
  t.equal(line({ plan, isInterlaced: true }), [
    INPUT,
    '-filter_complex [0:v]yadif=deint=interlaced,split=1[s0];[s0]scale=1280:720,setsar=1,format=yuv420p[v0]',
    `-map [v0] ${X264} -force_key_frames expr:gte(t,n_forced*2) ${TIMES} -maxrate 2800k -bufsize 2800k ${FLV} pipe:3`,
    `-map 0:a -c:a aac -b:a 160k -ac 2 -ar 48000 ${FLV} pipe:4`,
  ].join(' '));
  t.same(ffmpegOutputs(plan), ['720p', 'audio']);
});

t.test('sound alone', async (t) => {
  const plan = { encoded: [], encodedAudioKbps: 96, keyFrames: 'source' as const };
  t.equal(line({ plan, isInterlaced: false }), `${INPUT} -map 0:a -c:a aac -b:a 96k -ac 2 -ar 48000 ${FLV} pipe:3`);
  t.same(ffmpegOutputs(plan), ['audio']);
});

t.test('a source that is too large for one core is decoded by threads that take a picture each', async (t) => {
  const plan = { encoded: [rung('720p', 1280, 720, 2800)], encodedAudioKbps: undefined, keyFrames: 'source' as const };
  const decoding = (sourceCodec: 'h264' | 'hevc' | 'av1', width: number, height: number, fps: number): string => {
    const args = ffmpegArguments({ plan, preset: 'veryfast', isInterlaced: false, sourceCodec, sourceMpxPerSec: (width * height * fps) / 1e6 });
    return args.slice(args.indexOf('-fpsprobesize') + 2, args.indexOf('-f')).join(' ');
  };
  t.equal(decoding('h264', 1920, 1080, 60), '-thread_type slice');
  t.equal(decoding('h264', 3840, 2160, 30), '');
  t.equal(decoding('hevc', 1920, 1080, 30), '-thread_type slice');
  t.equal(decoding('hevc', 1920, 1080, 60), '');
  t.equal(decoding('av1', 3840, 2160, 30), '-flags low_delay', 'its threads share a picture');
});

t.test('Opus has holes, which are filled', async (t) => {
  const plan = { encoded: [], encodedAudioKbps: 96, keyFrames: 'source' as const };
  t.equal(line({ plan, isInterlaced: false, sourceAudioCodec: 'opus' }), `${INPUT} -map 0:a -af aresample=async=1 -c:a aac -b:a 96k -ac 2 -ar 48000 ${FLV} pipe:3`);
});
