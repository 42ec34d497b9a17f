import { test } from 'tap';
import type { ProcessExit } from '../../src/platform/index.js';
import { Process, withDeadline } from '../../src/platform/index.js';
import type { Media } from '../../src/streams/index.js';
import type { Ingest, Received } from '../support/rtmp-harness.js';
import { startIngest, until } from '../support/rtmp-harness.js';

const EXIT_MS = 15_000;

/** A real FFmpeg that publishes a test picture and a tone in real time. */
async function startFfmpeg(t: { after(cleanup: () => Promise<unknown>): void }, url: string, durationSec: number): Promise<Process> {
  const sources = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '30', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k'];
  const args = ['-hide_banner', '-loglevel', 'error', ...sources, ...codecs, '-t', String(durationSec), '-f', 'flv', url];
  const ffmpeg = await Process.start({ command: 'ffmpeg', args });
  t.after(() => {
    ffmpeg.kill('SIGKILL');
    return ffmpeg.exited;
  });
  return ffmpeg;
}

async function exitOf(ffmpeg: Process): Promise<ProcessExit> {
  return withDeadline(ffmpeg.exited, EXIT_MS);
}

async function firstOf(ingest: Ingest): Promise<Received> {
  await until(() => ingest.received.length > 0);
  const [first] = ingest.received;
  if (!first) throw new Error('nothing was published');
  return first;
}

function framesOf(media: Media[], kind: 'video' | 'audio'): number[] {
  return media.flatMap((one) => (one.type === 'frame' && one.frame.kind === kind ? [one.frame.dtsMs] : []));
}

test('FFmpeg publishes and ends cleanly; every frame arrives', async (t) => {
  const ingest = await startIngest(t);
  const ffmpeg = await startFfmpeg(t, ingest.url('key-anna'), 2);
  const received = await firstOf(ingest);
  t.match(await exitOf(ffmpeg), { code: 0, stderr: [] });
  t.same(await received.ended(), { code: 'unpublished', message: 'the encoder stopped' });
  const configs = received.media.flatMap((one) => (one.type === 'config' ? [one.config] : []));
  t.match(configs, [{ kind: 'video', codec: 'h264', width: 320, height: 180 }, { kind: 'audio', codec: 'aac', sampleRate: 44100 }]);
  const video = framesOf(received.media, 'video');
  t.equal(video.length, 60);
  t.ok(video.every((dtsMs, index) => index === 0 || dtsMs > (video[index - 1] ?? 0)), 'times only grow');
  t.ok(framesOf(received.media, 'audio').length >= 85);
  t.ok(received.media.some((one) => one.type === 'frame' && one.frame.ptsMs > one.frame.dtsMs), 'B-frames keep their offsets');
  t.match(received.publication.encoder, /^Lavf/, 'by the name that its metadata gives');
  t.match(await ingest.log.waitFor('connection ended'), { level: 'info', fields: { encoder: /^Lavf/ } });
});

test('a wrong key makes FFmpeg end with the reason', async (t) => {
  const ingest = await startIngest(t);
  const exit = await exitOf(await startFfmpeg(t, ingest.url('wrong'), 5));
  t.not(exit.code, 0);
  t.match(exit.stderr.join('\n'), /Server error: the stream key is not known/);
  t.equal(ingest.received.length, 0);
});

test('a second FFmpeg takes over and the first ends', async (t) => {
  const ingest = await startIngest(t);
  const first = await startFfmpeg(t, ingest.url('key-anna'), 20);
  await (await firstOf(ingest)).atLeast(10);
  await startFfmpeg(t, ingest.url('key-anna'), 20);
  t.not((await exitOf(first)).code, 0);
  t.match(await ingest.received[0]?.ended(), { code: 'taken-over' });
  t.ok((await ingest.received[1]?.atLeast(30))?.length);
});

test('a revoked key ends FFmpeg', async (t) => {
  const ingest = await startIngest(t);
  const ffmpeg = await startFfmpeg(t, ingest.url('key-anna'), 20);
  await (await firstOf(ingest)).atLeast(10);
  ingest.broadcasts.endPublicationsOf('id-of-key-anna', { code: 'key-revoked', message: 'the stream key was revoked' });
  const exit = await exitOf(ffmpeg);
  t.not(exit.code, 0);
  t.match(exit.stderr.join('\n'), /the stream key was revoked/);
});

test('a killed FFmpeg is a lost connection, an interrupted one is not', async (t) => {
  const ingest = await startIngest(t);
  const killed = await startFfmpeg(t, ingest.url('key-anna'), 20);
  await (await firstOf(ingest)).atLeast(10);
  killed.kill('SIGKILL');
  t.match(await ingest.received[0]?.ended(), { code: 'connection-lost' });
  const interrupted = await startFfmpeg(t, ingest.url('key-bert'), 20);
  await until(() => ingest.received.length === 2);
  await ingest.received[1]?.atLeast(10);
  interrupted.kill('SIGINT');
  t.match(await ingest.received[1]?.ended(), { code: 'unpublished' });
});
