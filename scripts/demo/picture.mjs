import { spawn } from 'node:child_process';
import { lastLines, run } from '../set-up/command.mjs';

const STDERR_LIMIT = 16 * 1024;
const SIZE = '1280x720';
const FPS = 30;
// Time of day, and the seconds since the start with milliseconds, so that a delay can be read off the picture.
const CLOCK = [
  "drawtext=text='%{localtime\\:%H\\\\\\:%M\\\\\\:%S}':fontsize=96:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=16:x=(w-tw)/2:y=h/2-120",
  "drawtext=text='%{pts\\:hms}':fontsize=48:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=12:x=(w-tw)/2:y=h/2+40",
].join(',');

/** Publishes a moving test picture with a clock and a tone that beeps each second, as an encoder would: H.264 and AAC over RTMP. */
export async function startPicture({ ffmpegPath, rtmpUrl, key }) {
  const filter = await canDrawText(ffmpegPath) ? ['-vf', CLOCK] : [];
  const child = spawn(ffmpegPath, pictureArgs(filter, `${rtmpUrl}/${key}`), { stdio: ['ignore', 'ignore', 'pipe'], detached: process.platform !== 'win32' });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { output = (output + text).slice(-STDERR_LIMIT); });
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    // FFmpeg names the address it could not write to, and that ends with the stream key.
    child.once('close', () => resolve(lastLines(output, 5).replaceAll(key, '…')));
  });
  return { exited, stop: () => child.kill('SIGINT') };
}

function pictureArgs(filter, url) {
  return [
    '-hide_banner', '-loglevel', 'error', '-nostdin',
    // Real time, as a camera is; without it the picture would be sent as fast as it can be made.
    '-re', '-f', 'lavfi', '-i', `testsrc2=size=${SIZE}:rate=${FPS}`,
    '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=2:sample_rate=48000',
    ...filter,
    '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-pix_fmt', 'yuv420p',
    '-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '5000k',
    // A key frame every 2 s: what README tells streamers to set.
    '-g', String(FPS * 2), '-keyint_min', String(FPS * 2), '-sc_threshold', '0',
    '-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-af', 'volume=-12dB',
    '-f', 'flv', url,
  ];
}

/** The filter may be missing from a build, and a machine may have no font at all. */
async function canDrawText(ffmpegPath) {
  const { code } = await run(ffmpegPath, ['-v', 'error', '-f', 'lavfi', '-i', 'color=size=64x64:duration=0.1', '-vf', 'drawtext=text=0', '-frames:v', '1', '-f', 'null', '-'], { timeoutMs: 10_000 });
  return code === 0;
}
