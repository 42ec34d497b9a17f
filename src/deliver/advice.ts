import type { SourceFacts } from '../streams/index.js';
import type { EncodeFacts } from './live.js';

export interface Advice {
  code: string;
  level: 'ok' | 'info' | 'warn';
  message: string;
}

/** The renditions that are not rungs. */
const SOURCE = 'source';
const AUDIO = 'audio';
const REACH = {
  hevc: { name: 'HEVC', players: 'in Safari, and in Chrome, Edge and Firefox on devices whose graphics chip decodes it' },
  av1: { name: 'AV1', players: 'in Chrome, Edge and Firefox, and in Safari on Apple devices from the iPhone 15 Pro and the M3 on' },
} as const;
const LONG_KEY_INTERVAL_SEC = 4;
const SHORT_KEY_INTERVAL_SEC = 0.9;
const LOW_FPS = 20;
const SLOW_SPEED = 0.98;
const SLOW_LAG_MS = 1_500;
/** Bits for each pixel of each picture under which x264 shows blocks, and over which nobody sees a gain. */
const FEW_BITS = 0.04;
const MANY_BITS = 0.3;

/** What a streamer should know about the source, in plain words; never empty. */
export function adviseStreamer(source: SourceFacts, encode: EncodeFacts): Advice[] {
  if (source.video === undefined && source.audio === undefined) {
    return [{ code: 'nothing_arrives', level: 'warn', message: 'Neither picture nor sound has arrived: check that the encoder is running.' }];
  }
  const advice = [
    ...codecAdvice(source, encode),
    ...keyFrameAdvice(source),
    ...pictureAdvice(source),
    ...audioAdvice(source),
    ...machineAdvice(encode),
    ...encode.notes.map((message) => ({ code: 'ladder', level: 'info' as const, message: sentence(message) })),
  ];
  return advice.some((one) => one.level === 'warn') ? advice : [{ code: 'healthy', level: 'ok', message: 'The stream is healthy.' }, ...advice];
}

/** Which players a source reaches that not every browser can decode. */
function codecAdvice(source: SourceFacts, encode: EncodeFacts): Advice[] {
  const codec = source.video?.codec;
  if (codec === undefined || codec === 'h264' || codec === 'vp8' || codec === 'vp9' || !encode.renditions.some(({ name }) => name === SOURCE)) return [];
  const { name, players } = REACH[codec];
  const rung = encode.renditions.find((rendition) => rendition.origin === 'encoded' && rendition.name !== AUDIO);
  if (rung !== undefined) return [{ code: 'codec_reach', level: 'info', message: `${name} plays ${players}; other viewers get ${rung.name} and below in H.264.` }];
  return [{ code: 'codec_reach', level: 'warn', message: `${name} plays ${players}; other viewers see nothing. Switch the ladder on in the channel's settings, or send H.264.` }];
}

function keyFrameAdvice(source: SourceFacts): Advice[] {
  if (source.video === undefined) return [];
  const intervalSec = source.keyFrameIntervalSec ?? source.sinceKeyFrameSec;
  if (intervalSec >= LONG_KEY_INTERVAL_SEC) {
    const message = `The key-frame interval is ${round(intervalSec)} s: set 2 s in OBS → Settings → Output → Keyframe Interval. Viewers now start later and lag further behind.`;
    return [{ code: 'key_frames_rare', level: 'warn', message }];
  }
  if (source.keyFrameIntervalSec !== undefined && source.keyFrameIntervalSec < SHORT_KEY_INTERVAL_SEC) {
    return [{ code: 'key_frames_often', level: 'info', message: `A key frame every ${round(intervalSec)} s costs picture quality: 2 s is enough.` }];
  }
  return [];
}

function pictureAdvice(source: SourceFacts): Advice[] {
  const { video, fps, videoKbps } = source;
  if (video === undefined) return [{ code: 'no_video', level: 'info', message: 'No video arrives: viewers hear the sound over a still page.' }];
  const advice: Advice[] = [];
  if (fps > 0 && fps < LOW_FPS) advice.push({ code: 'fps_low', level: 'warn', message: `Only ${round(fps)} pictures a second arrive: check the encoder's load and the connection.` });
  if (fps > 0 && videoKbps > 0) {
    const bitsPerPixel = (videoKbps * 1000) / (video.width * video.height * fps);
    const size = `${video.width}×${video.height} at ${round(fps)} fps`;
    if (bitsPerPixel < FEW_BITS) advice.push({ code: 'bitrate_low', level: 'info', message: `${videoKbps} kbps is little for ${size}: moving pictures may show blocks.` });
    if (bitsPerPixel > MANY_BITS) advice.push({ code: 'bitrate_high', level: 'info', message: `${videoKbps} kbps is more than ${size} needs; a lower bitrate reaches more viewers.` });
  }
  if (source.hasBFrames) advice.push({ code: 'b_frames', level: 'info', message: 'The encoder uses B-frames. HLS plays them; they add a little delay.' });
  if (video.interlaced) advice.push({ code: 'interlaced', level: 'warn', message: 'The picture is interlaced: set the camera or encoder to progressive.' });
  return advice;
}

function audioAdvice(source: SourceFacts): Advice[] {
  if (source.audio === undefined) return [{ code: 'no_audio', level: 'info', message: 'No sound arrives.' }];
  if (source.audio.channels > 2) return [{ code: 'surround', level: 'info', message: `Sound has ${source.audio.channels} channels; viewers get stereo.` }];
  return [];
}

function machineAdvice(encode: EncodeFacts): Advice[] {
  const advice: Advice[] = [];
  if (encode.dropped.length > 0) advice.push({ code: 'rungs_dropped', level: 'warn', message: `The server could not keep up and left out ${encode.dropped.join(', ')}. Lower the ladder or use a stronger machine.` });
  if (encode.encode && encode.encode.speed > 0 && encode.encode.speed < SLOW_SPEED && encode.encode.lagMs > SLOW_LAG_MS) {
    advice.push({ code: 'encode_slow', level: 'warn', message: `The server encodes at ${encode.encode.speed.toFixed(2)} × real time and falls behind.` });
  }
  if (encode.restarts > 0) advice.push({ code: 'encode_restarted', level: 'info', message: `The server's encoder was restarted ${encode.restarts === 1 ? 'once' : `${encode.restarts} times`} during this broadcast.` });
  return advice;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
