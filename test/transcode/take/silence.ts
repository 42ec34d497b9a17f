import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { initSegment } from '../../../src/packager/cmaf/init.js';
import { fragment } from '../../../src/packager/cmaf/fragment.js';
import type { AudioConfig, Frame } from '../../../src/streams/index.js';
import { parseAudioSpecificConfig } from '../../../src/streams/codec/aac.js';
import { Silence } from '../../../src/transcode/take/silence.js';
import { audioConfig, audioFrame, frameTimes, videoFrame } from '../../support/frames.js';

const run = promisify(execFile);
const FRAME_MS = (1024 * 1000) / 48_000;

function silenceOf(config = audioConfig()): Silence {
  const silence = Silence.of(config);
  if (silence === undefined) throw new Error('no silence for this format');
  return silence;
}

/** Passes frames in the order of their times and gives back the sound that comes out. */
function passed(silence: Silence, ...frames: Frame[][]): Frame[] {
  return frames.flat().sort((a, b) => a.dtsMs - b.dtsMs).flatMap((frame) => silence.pass(frame)).filter(({ kind }) => kind === 'audio');
}

const pictures = (fromMs: number, toMs: number): Frame[] => frameTimes(30, fromMs, toMs).map((timeMs) => videoFrame(timeMs));
const sound = (fromMs: number, toMs: number): Frame[] => frameTimes(1000 / FRAME_MS, fromMs, toMs).map((timeMs) => audioFrame(timeMs));
/** Longest step from the start of one frame to that of the next, ms. */
const longestStep = (frames: Frame[]): number => Math.max(...frames.slice(1).map((frame, i) => frame.dtsMs - (frames[i]?.dtsMs ?? 0)));

t.test('sound that comes is passed on as it is', async (t) => {
  const heard = sound(0, 10_000);
  t.strictSame(passed(silenceOf(), pictures(0, 10_000), heard), heard);
  const short = [...sound(0, 3_000), ...sound(4_900, 8_000)];
  t.strictSame(passed(silenceOf(), pictures(0, 8_000), short), short, 'a hole of less than two seconds stays one');
});

t.test('sound that stops: silence follows the pictures, and the sound takes its place again', async (t) => {
  const silence = silenceOf();
  const before = passed(silence, pictures(0, 8_000), sound(0, 3_000));
  t.ok(silence.isFilling);
  const endMs = before.at(-1)?.dtsMs ?? 0;
  t.ok(endMs > 7_600 && endMs < 7_700, `${endMs} ms`);
  t.ok(longestStep(before) <= 22, 'without a hole');
  const again = sound(8_000, 9_000);
  const after = passed(silence, pictures(8_000, 9_000), again);
  t.notOk(silence.isFilling);
  t.strictSame(after.slice(-again.length), again);
  t.ok(longestStep([...before, ...after]) < FRAME_MS + 30, 'the packager counts on through both');
});

t.test('sound that comes after silence has taken its place is left out', async (t) => {
  const silence = silenceOf();
  passed(silence, pictures(0, 8_000), sound(0, 3_000));
  const late = sound(6_000, 9_000).flatMap((frame) => silence.pass(frame));
  const [first] = late;
  t.ok((first?.dtsMs ?? 0) > 7_650 && (first?.dtsMs ?? 0) < 7_720, `goes on at ${first?.dtsMs} ms`);
});

t.test('sound that always comes three seconds after its pictures is not lost for ever', async (t) => {
  const silence = silenceOf();
  const late = sound(0, 57_000).map((frame) => ({ at: frame.dtsMs + 3_000, frame }));
  const all = [...pictures(0, 60_000).map((frame) => ({ at: frame.dtsMs, frame })), ...late].sort((a, b) => a.at - b.at);
  const out = all.flatMap(({ frame }) => silence.pass(frame)).filter(({ kind }) => kind === 'audio');
  const real = out.filter((frame) => late.some((one) => one.frame === frame));
  t.ok(real.length > late.length * 0.9, `${real.length} of ${late.length} frames`);
  t.ok(longestStep(out) < 30);
});

t.test('sound that was announced and never comes: silence from the first picture on', async (t) => {
  const out = passed(silenceOf(), pictures(500, 5_000));
  t.equal(out[0]?.dtsMs, 500);
  t.ok(longestStep(out) <= 22 && out.length > 190);
});

t.test('formats whose silence is not known keep their holes', async (t) => {
  t.equal(Silence.of(audioConfig({ channels: 6 })), undefined);
  t.equal(Silence.of(audioConfig({ codecString: 'mp4a.40.5' })), undefined);
});

t.test('FFmpeg decodes it to nothing', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-silence-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // Rate, mono or stereo, and frames of 1024 or 960 samples.
  for (const asc of ['1188', '1190', '1210', '1208', '1194']) {
    const config: AudioConfig = parseAudioSpecificConfig(Buffer.from(asc, 'hex'));
    const frames = passed(silenceOf(config), pictures(0, 4_000));
    const samples = frames.map(({ payload }) => ({ durationTicks: config.frameSamples, compositionOffsetTicks: 0, isKey: true, payload }));
    const file = path.join(folder, `${asc}.mp4`);
    await writeFile(file, Buffer.concat([initSegment(config), ...fragment(0, 0, samples)]));
    const { stderr } = await run('ffmpeg', ['-v', 'info', '-nostdin', '-i', file, '-af', 'volumedetect', '-f', 'null', '-']);
    t.match(stderr, /max_volume: -91\.0 dB/, `${asc}: nothing is heard`);
    t.notMatch(stderr, /error|invalid/i);
  }
});
