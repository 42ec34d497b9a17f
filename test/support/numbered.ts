import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const BITS = 10;
const BRIGHT = 128;
const MAX_OUTPUT = 256 << 20;
const probed = z.object({ frames: z.array(z.object({ pts_time: z.coerce.number() })) });

/** Pictures that each say their number, in ten bars of black or white; a beep every two seconds. Nothing is encoded yet. */
export function numberedPictures({ seconds, fps = '30' }: { seconds: number; fps?: string }): string[] {
  const bars = Array.from({ length: BITS }, (_, bit) => `drawbox=x=${bit * 64}:w=64:h=360:color=white:t=fill:enable='gte(mod(n,${2 ** (bit + 1)}),${2 ** bit})'`);
  return [
    '-f', 'lavfi', '-i', `color=black:size=640x360:rate=${fps},${bars.join(',')}`,
    '-f', 'lavfi', '-i', "aevalsrc='if(lt(mod(t,2),0.1),0.8*sin(2*PI*1000*t),0)':sample_rate=48000",
    '-t', String(seconds), '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
  ];
}

/** Every picture of a file that is shown: its number, and when. Throws when FFmpeg has anything to say. */
export async function readNumbers(file: string): Promise<{ number: number; timeSec: number }[]> {
  const { stdout: bars, stderr } = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-map', '0:v', '-vf', `scale=${BITS}:1:flags=area,format=gray`, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'], { encoding: 'buffer', maxBuffer: MAX_OUTPUT });
  if (stderr.length > 0) throw new Error(`ffmpeg says: ${stderr.toString()}`);
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'json', file], { maxBuffer: MAX_OUTPUT });
  return probed.parse(JSON.parse(stdout)).frames.map(({ pts_time: timeSec }, i) => ({ number: numberIn(bars.subarray(i * BITS, (i + 1) * BITS)), timeSec }));
}

function numberIn(bars: Buffer): number {
  return bars.reduce((sum, brightness, bit) => (brightness > BRIGHT ? sum + 2 ** bit : sum), 0);
}
