import type { AudioConfig, VideoConfig } from '../../streams/index.js';
import type { LadderPlan, VideoRung } from '../ladder.js';

export interface FfmpegArgumentsOptions {
  plan: Pick<LadderPlan, 'encoded' | 'encodedAudioKbps' | 'keyFrames'>;
  preset: string;
  isInterlaced: boolean;
  sourceCodec: VideoConfig['codec'];
  /** Undefined without sound. */
  sourceAudioCodec?: AudioConfig['codec'] | undefined;
  /** Pictures that come in, millions of pixels a second. */
  sourceMpxPerSec: number;
  /** Pictures before this time of the run are decoded only: those that follow are made from them. Seconds. */
  skipBeforeSec?: number | undefined;
}

/** The first extra pipe of the child; one for each output, in the order of {@link ffmpegOutputs}. */
const FIRST_OUTPUT = 3;
const VBV_SECONDS = 1;
/** What one core decodes twice over, with room: H.264 up to 1080p60. */
const ONE_CORE_MPX_PER_SEC = { h264: 150, hevc: 75, vp8: 150, vp9: 100 };
/** Longer than any broadcast's distance between forced key frames: x264 adds none of its own. */
const GOP_FRAMES = 10_000;

/** Names of the renditions that FFmpeg makes, in the order of its output pipes. */
export function ffmpegOutputs(plan: Pick<LadderPlan, 'encoded' | 'encodedAudioKbps'>): string[] {
  return [...plan.encoded.map((rung) => rung.name), ...(plan.encodedAudioKbps === undefined ? [] : ['audio'])];
}

/** The command line of one broadcast's FFmpeg: Matroska in on stdin, FLV out on one pipe for each rendition. */
export function ffmpegArguments(options: FfmpegArgumentsOptions): string[] {
  const { plan } = options;
  const outputs = [
    ...plan.encoded.map((rung, i) => videoOutput(rung, i, options)),
    ...(plan.encodedAudioKbps === undefined ? [] : [audioOutput(plan.encodedAudioKbps, plan.encoded.length, options)]),
  ];
  return [...inputArguments(options), ...filterArguments(options), ...outputs.flat()];
}

/** Threads that decode a picture each hold as many pictures as they are; only a source too large for one core needs them. */
function decoderArguments({ sourceCodec, sourceMpxPerSec }: FfmpegArgumentsOptions): string[] {
  if (sourceCodec === 'av1') return ['-flags', 'low_delay']; // the threads of dav1d share a picture then
  return sourceMpxPerSec > ONE_CORE_MPX_PER_SEC[sourceCodec] ? [] : ['-thread_type', 'slice'];
}

function inputArguments(options: FfmpegArgumentsOptions): string[] {
  return [
    '-hide_banner', '-nostdin',
    '-loglevel', 'error', // stderr is kept for the report of a crash
    '-nostats',
    '-copyts', // output times are the broadcast's clock, so every rung and the audio keep their offset
    '-probesize', '32768', // the header and the first frames say all; more would only wait
    '-analyzeduration', '1', // microseconds; 0 would mean FFmpeg's own five seconds
    '-fpsprobesize', '0', // nor does it wait for twenty pictures to guess a rate that nobody reads
    ...decoderArguments(options),
    '-f', 'matroska',
    '-i', 'pipe:0',
  ];
}

function filterArguments(options: FfmpegArgumentsOptions): string[] {
  const rungs = options.plan.encoded;
  if (rungs.length === 0) return [];
  const labels = rungs.map((_, i) => `[s${i}]`).join('');
  // Fields are woven into whole pictures before anything is scaled.
  const skip = options.skipBeforeSec === undefined ? '' : `trim=start=${options.skipBeforeSec.toFixed(3)},`;
  const start = `[0:v]${skip}${options.isInterlaced ? 'yadif=deint=interlaced,' : ''}split=${rungs.length}${labels}`;
  const chains = rungs.map((rung, i) => {
    const halve = rung.halvesFrameRate ? `select='not(mod(n\\,2))+${boundaryPicture(options.plan.keyFrames)}',` : '';
    return `[s${i}]${halve}scale=${rung.width}:${rung.height},setsar=1,format=yuv420p[v${i}]`;
  });
  return ['-filter_complex', [start, ...chains].join(';')];
}

/** True for the pictures that become key frames: they are the segment boundaries, and no rung may leave one out. */
function boundaryPicture(keyFrames: 'source' | number): string {
  if (keyFrames === 'source') return 'key';
  return `gt(floor((t-start_t)/${keyFrames})\\,floor((prev_t-start_t)/${keyFrames}))`;
}

function videoOutput(rung: VideoRung, index: number, options: FfmpegArgumentsOptions): string[] {
  return [
    '-map', `[v${index}]`,
    '-c:v', 'libx264',
    '-preset', options.preset,
    '-profile:v', 'high',
    '-bf', '0', // WebRTC players cannot take B-frames, and each one adds delay
    // No look-ahead: it would hold half a second of pictures. Threads share a picture: with one each, they would hold
    // two more. No scene-cut key frames: boundaries belong to the source.
    '-x264-params', 'rc-lookahead=0:sync-lookahead=0:mbtree=0:scenecut=0:sliced-threads=1',
    '-g', String(GOP_FRAMES),
    '-force_key_frames', forcedKeyFrames(options),
    '-forced-idr', '1', // a forced key frame that is only an I picture would not start a segment
    '-enc_time_base', '1:1000', // milliseconds in, milliseconds out: nothing is rounded
    '-fps_mode', 'passthrough', // pictures keep their times; none is doubled or dropped
    '-crf', '23', // easy pictures take less than the rung's bitrate
    '-maxrate', `${rung.bitrateKbps}k`,
    '-bufsize', `${rung.bitrateKbps * VBV_SECONDS}k`,
    ...flvOutput(index),
  ];
}

function forcedKeyFrames({ plan }: FfmpegArgumentsOptions): string {
  // `t` counts from the first picture, also with -copyts.
  return plan.keyFrames === 'source' ? 'source' : `expr:gte(t,n_forced*${plan.keyFrames})`;
}

function audioOutput(bitrateKbps: number, index: number, { sourceAudioCodec }: FfmpegArgumentsOptions): string[] {
  // Opus comes from networks that lose packets, and from encoders that leave silence out.
  const filled = sourceAudioCodec === 'opus' ? ['-af', 'aresample=async=1'] : [];
  return ['-map', '0:a', ...filled, '-c:a', 'aac', '-b:a', `${bitrateKbps}k`, '-ac', '2', '-ar', '48000', ...flvOutput(index)];
}

function flvOutput(index: number): string[] {
  return [
    '-flvflags', 'no_duration_filesize+no_sequence_end', // a pipe cannot be gone back in
    '-flush_packets', '1', // each frame leaves as soon as it is made
    '-f', 'flv', `pipe:${FIRST_OUTPUT + index}`,
  ];
}
