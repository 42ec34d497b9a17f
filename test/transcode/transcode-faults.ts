import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Frame } from '../../src/streams/index.js';
import { framesOf, isRunning, makeSource, TranscodeHarness } from '../support/transcode-harness.js';
import { until } from '../support/until.js';

const keyTimes = (frames: Frame[]): number[] => frames.filter(({ isKey }) => isKey).map(({ ptsMs }) => ptsMs);
const rises = (frames: Frame[]): boolean => frames.every((frame, i) => i === 0 || frame.dtsMs > (frames[i - 1]?.dtsMs ?? 0));
/** Longest step from one picture to the next, ms. */
const longestStep = (frames: Frame[]): number => Math.max(...frames.slice(1).map((frame, i) => frame.dtsMs - (frames[i]?.dtsMs ?? 0)));
const errorsOf = (harness: TranscodeHarness): string[] => harness.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message);

t.test('FFmpeg is killed: a new take at the next key frame, and the source never stops', async (t) => {
  const items = await makeSource({ seconds: 7 });
  const harness = new TranscodeHarness(t);
  harness.attach();
  const playing = harness.play(items);
  const pid = await harness.pid();
  await until('the rung comes', () => (harness.output(0, '180p').frames.length > 30 ? true : undefined));
  process.kill(pid, 'SIGKILL');
  const killedAtMs = performance.now();
  await until('the next take', () => harness.takes[1]);
  const downMs = performance.now() - killedAtMs;
  await playing;
  await harness.transcode.detach();
  t.ok(downMs < 2_000, `started again within 2 s: ${Math.round(downMs)} ms`);
  t.equal(harness.takes.length, 2);
  t.same(harness.takes[1]?.renditions, harness.takes[0]?.renditions);
  t.match(harness.transcode.status(), { restarts: 1, dropped: [] });
  t.match(errorsOf(harness), ['FFmpeg ended unexpectedly and is started again']);
  const passed = harness.allFrames('source');
  t.equal(passed.length, framesOf(items, 'video').length, 'no picture of the source is lost');
  t.ok(rises(passed));
  t.ok(longestStep(passed) < 200, `nor held up on the clock: ${longestStep(passed)} ms`);
  const [first, encoded] = [harness.output(1, 'source').frames, harness.output(1, '180p').frames];
  t.ok(first[0]?.isKey && encoded[0]?.isKey);
  t.same(keyTimes(encoded), keyTimes(first));
  t.equal(harness.output(1, '180p').configs.length, 1, 'the new take has its own configuration');
});

t.test('FFmpeg hangs: it is killed and started again', async (t) => {
  const items = await makeSource({ seconds: 14 });
  const harness = new TranscodeHarness(t);
  harness.attach();
  const playing = harness.play(items);
  const pid = await harness.pid();
  await until('the rung comes', () => (harness.output(0, '180p').frames.length > 30 ? true : undefined));
  process.kill(pid, 'SIGSTOP');
  await until('the next take', () => harness.takes[1], 15_000);
  t.notOk(isRunning(pid));
  await playing;
  await harness.transcode.detach();
  t.match(errorsOf(harness), ['FFmpeg made nothing for 5 s and is killed', 'FFmpeg ended unexpectedly and is started again']);
  t.equal(harness.allFrames('source').length, framesOf(items, 'video').length, 'viewers of the source saw nothing of it');
  t.ok(harness.output(1, '180p').frames.length > 30);
});

t.test('a hung FFmpeg does not hold up the end', async (t) => {
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(await makeSource({ seconds: 3 }), 4);
  const pid = await harness.pid();
  process.kill(pid, 'SIGSTOP');
  const startMs = performance.now();
  await harness.transcode.close();
  t.ok(performance.now() - startMs < 5_000);
  t.notOk(isRunning(pid));
});

t.test('FFmpeg that cannot be started: the source goes on alone', async (t) => {
  const harness = new TranscodeHarness(t, { ffmpegPath: '/nowhere/ffmpeg' });
  harness.attach();
  const items = await makeSource({ seconds: 10 });
  await harness.play(items, 4);
  await harness.transcode.detach();
  t.same(harness.takes.at(-1)?.renditions.map(({ name }) => name), ['source', 'audio']);
  t.match(harness.transcode.status().plan?.notes, ['FFmpeg failed several times in a minute: only the source is served']);
  t.ok(harness.takes.length <= 7, `${harness.takes.length} takes`);
  t.equal(harness.allFrames('source').length, framesOf(items, 'video').length);
});

/** An FFmpeg that reads no faster than this: a machine that is too weak, wherever the test runs. */
async function slowFfmpeg(t: Test, bytesPerSec: number): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-slow-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, 'throttle.mjs'), `
    import { setTimeout as delay } from 'node:timers/promises';
    process.stdout.on('error', () => process.exit());
    for await (const chunk of process.stdin) {
      process.stdout.write(chunk);
      await delay((chunk.length * 1000) / ${bytesPerSec});
    }`);
  const command = path.join(folder, 'ffmpeg');
  await writeFile(command, `#!/bin/bash\nexec ${process.env['FFMPEG_PATH'] ?? 'ffmpeg'} "$@" < <(exec ${process.execPath} ${folder}/throttle.mjs 3>&- 4>&- 5>&-)\n`);
  await chmod(command, 0o755);
  return command;
}

t.test('below real time for five seconds: the costliest rung is dropped', async (t) => {
  const bitrate = ['-b:v', '800k', '-minrate', '800k', '-maxrate', '800k', '-bufsize', '400k', '-x264-params', 'nal-hrd=cbr'];
  const items = await makeSource({ seconds: 14, video: ['-bf', '0', ...bitrate], audio: undefined });
  const harness = new TranscodeHarness(t, {
    ffmpegPath: await slowFfmpeg(t, 65_000),
    rungs: [{ name: '180p', shortSide: 180, bitrateKbps: 300 }, { name: '120p', shortSide: 120, bitrateKbps: 150 }],
  });
  harness.attach();
  const playing = harness.play(items);
  await until('a rung is dropped', () => harness.takes[1], 15_000);
  t.same(harness.takes[1]?.renditions.map(({ name }) => name), ['source', '120p']);
  t.same(harness.transcode.status().dropped, ['180p']);
  t.match(harness.log.lines.find(({ level }) => level === 'warn'), { message: 'this machine cannot keep up; dropping a rung', fields: { rendition: '180p' } });
  await playing;
  await harness.transcode.close();
  t.equal(harness.allFrames('source').length, framesOf(items, 'video').length, 'the source is not touched');
});

t.test('pictures that stop while sound goes on are no fault of FFmpeg', async (t) => {
  const surround = ['-af', 'aformat=channel_layouts=5.1', '-c:a', 'aac', '-b:a', '192k'];
  const items = (await makeSource({ seconds: 11, audio: surround })).filter(({ timeMs, media }) => timeMs < 3_000 || (media.type === 'frame' && media.frame.kind === 'audio'));
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(items);
  await harness.transcode.detach();
  t.match(harness.transcode.status(), { restarts: 0, dropped: [] });
  t.same(errorsOf(harness), []);
  t.ok(harness.output(0, 'audio').frames.length > 11 * 46, 'listeners hear it all');
});

t.test('FFmpeg is killed in a long group of pictures: the next one shows what comes after, within 2 s', async (t) => {
  const items = await makeSource({ seconds: 12, keySec: 10 });
  const harness = new TranscodeHarness(t);
  harness.attach();
  const playing = harness.play(items);
  const pid = await harness.pid();
  await until('the rung comes', () => (harness.output(0, '180p').frames.length > 30 ? true : undefined));
  process.kill(pid, 'SIGKILL');
  const killedAtMs = performance.now();
  await until('a picture of the next FFmpeg', () => harness.output(1, '180p').frames[0]);
  const downMs = performance.now() - killedAtMs;
  await playing;
  await harness.transcode.detach();
  t.ok(downMs < 2_000, `pictures again within 2 s: ${Math.round(downMs)} ms`);
  const [before, after] = [harness.output(0, '180p').frames, harness.output(1, '180p').frames];
  t.equal(after[0]?.isKey, true, 'starts with a key frame of its own');
  t.ok((after[0]?.ptsMs ?? 0) > (before.at(-1)?.ptsMs ?? Infinity), 'nothing is shown twice');
  t.ok(rises(harness.allFrames('180p')));
  t.equal(harness.takes.length, 2);
});

t.test('publishers take over from each other faster than FFmpeg finishes: the last one is served', async (t) => {
  const items = await makeSource({ seconds: 6 });
  const harness = new TranscodeHarness(t);
  harness.attach();
  await harness.play(items, 50);
  await harness.pid();
  for (let i = 0; i < 3; i++) {
    void harness.transcode.detach();
    harness.attach();
    for (const { media } of items) harness.push(media);
  }
  const before = harness.takes.length;
  await until('FFmpeg runs for the last one', () => harness.transcode.status().encode?.pid);
  await harness.transcode.detach();
  const last = harness.takes.at(-1)?.number ?? -1;
  t.ok(last >= before - 1);
  t.equal(harness.output(last, 'source').frames.length, framesOf(items, 'video').length, 'all of it passes');
  t.ok(harness.output(last, '180p').frames.length > 0, 'and is encoded');
});
