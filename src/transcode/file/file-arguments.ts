import type { VideoRung } from '../ladder.js';
import { MAX_PIXELS } from './file-head.js';
import type { FileVideo } from './file-head.js';
import type { FilePlan } from './file-plan.js';
import { INPUT_BOUNDS } from './file-probe.js';
import type { FileProbe } from './file-probe.js';

export interface FileArgumentsOptions {
  probe: FileProbe;
  plan: FilePlan;
  preset: string;
  audioBitrateKbps: number;
  /** Of decoding and of each encoder; 0 leaves it to them. */
  threads: number;
}

/** FFmpeg's own zero of the run, seconds: pictures that are sent before they are shown begin below their own. */
export const RUN_START_SEC = 1;
const FIRST_OUTPUT = 3;
const VBV_SECONDS = 2;
/** x264 adds no key frames of its own: boundaries are the same in every rung. */
const GOP_FRAMES = 100_000;
/** The head may say less than there is: this much more is still taken. */
const SLACK_SEC = 1;

/** The command line that makes a file's renditions: FLV out, a pipe for each in the order of the plan. */
export function fileArguments(options: FileArgumentsOptions): string[] {
  const { plan, probe } = options;
  const outputs = plan.renditions.map(({ name, kind, origin }, i) => {
    const rung = plan.encoded.findIndex((one) => one.name === name);
    const picked = kind === 'audio' ? audioOutput(options) : origin === 'passthrough' ? ['-map', `0:${probe.head.video?.index}`, '-c:v', 'copy'] : videoOutput(plan.encoded[rung], rung, options);
    return [...picked, ...flvOutput(i, probe)];
  });
  return [...inputArguments(options), ...filterArguments(options), ...outputs.flat()];
}

function inputArguments({ probe, threads }: FileArgumentsOptions): string[] {
  return [
    '-hide_banner', '-nostdin',
    '-loglevel', 'error', // stderr is kept for the report of a failure
    '-nostats',
    ...INPUT_BOUNDS, '-max_pixels', String(MAX_PIXELS),
    '-threads', String(threads), '-filter_complex_threads', String(Math.max(1, threads)),
    '-i', `file:${probe.file}`,
  ];
}

/** Pictures are turned by FFmpeg itself before the first filter. */
function filterArguments({ plan, probe }: FileArgumentsOptions): string[] {
  const { video } = probe.head;
  const [top] = plan.encoded;
  if (video === undefined || top === undefined) return [];
  const start = [...prepareFilters(video, plan, top), `split=${plan.encoded.length}`].join(',');
  const chains = plan.encoded.map((rung, i) => `[s${i}]${halving(rung, plan)}scale=${rung.width}:${rung.height},setsar=1,format=yuv420p[v${i}]`);
  return ['-filter_complex', [`[0:${video.index}]${start}${plan.encoded.map((_, i) => `[s${i}]`).join('')}`, ...chains].join(';')];
}

function prepareFilters({ isInterlaced, isHdr }: FileVideo, { fpsAtMost }: FilePlan, top: VideoRung): string[] {
  return [
    ...(isInterlaced ? ['yadif=deint=interlaced'] : []), // fields become whole pictures before anything is scaled
    ...(fpsAtMost === undefined ? [] : [`fps=${fpsAtMost}`]),
    // Smaller first: the arithmetic of light takes twelve bytes a pixel. Without it, HDR is grey on ordinary screens.
    ...(isHdr ? [`scale=${top.width}:${top.height}`, 'zscale=t=linear:npl=100', 'format=gbrpf32le', 'zscale=p=bt709', 'tonemap=hable:desat=0', 'zscale=t=bt709:m=bt709:r=tv'] : []),
  ];
}

/** Every second picture of small rungs is left out, but none that becomes a key frame: those are the segment boundaries. */
function halving({ halvesFrameRate }: VideoRung, { keyFrames }: FilePlan): string {
  if (!halvesFrameRate) return '';
  const boundary = keyFrames === 'source' ? 'key' : `gt(floor((t-start_t)/${keyFrames})\\,floor((prev_t-start_t)/${keyFrames}))`;
  return `select='not(mod(n\\,2))+${boundary}',`;
}

function videoOutput(rung: VideoRung | undefined, index: number, { plan, preset, threads }: FileArgumentsOptions): string[] {
  if (rung === undefined) throw new Error('a rendition of the plan has no rung');
  return [
    '-map', `[v${index}]`,
    '-c:v', 'libx264', '-preset', preset, '-profile:v', 'high', '-threads', String(threads),
    '-x264-params', 'scenecut=0', '-g', String(GOP_FRAMES),
    // `t` counts from the first picture.
    '-force_key_frames', plan.keyFrames === 'source' ? 'source' : `expr:gte(t,n_forced*${plan.keyFrames})`,
    '-forced-idr', '1', // a forced key frame that is only an I picture would not start a segment
    '-enc_time_base', '1:1000', // what FLV can say: nothing is rounded later
    '-fps_mode', 'vfr', // pictures keep their times; of two at one time, one goes
    '-crf', '22', '-maxrate', `${rung.bitrateKbps}k`, '-bufsize', `${rung.bitrateKbps * VBV_SECONDS}k`,
  ];
}

function audioOutput({ plan, probe, audioBitrateKbps }: FileArgumentsOptions): string[] {
  const map = ['-map', `0:${probe.head.audio?.index}`];
  if (plan.audio === 'passed') return [...map, '-c:a', 'copy'];
  // Silence before the sound, in its holes and after it: players wait for sound that stops.
  const filled = `aresample=async=1:first_pts=0,apad=whole_dur=${probe.walk.durationSec.toFixed(3)}`;
  return [...map, '-af', filled, '-c:a', 'aac', '-b:a', `${audioBitrateKbps}k`, '-ac', '2', '-ar', '48000'];
}

function flvOutput(index: number, { walk }: FileProbe): string[] {
  return [
    '-t', (walk.durationSec + SLACK_SEC).toFixed(3), // decoders can make more of a file than its packets say
    '-output_ts_offset', String(RUN_START_SEC),
    '-map_metadata', '-1', // where and by whom it was filmed is nobody's business
    '-flvflags', 'no_duration_filesize+no_sequence_end', // a pipe cannot be gone back in
    '-flush_packets', '1', // rungs arrive side by side, not in blocks
    '-f', 'flv', `pipe:${FIRST_OUTPUT + index}`,
  ];
}
