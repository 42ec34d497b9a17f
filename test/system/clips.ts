import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import t from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const onAir = z.object({ broadcast: z.object({ id: z.string() }) });
const clipSchema = z.object({ id: z.string(), startAt: z.string(), durationSec: z.number(), video: z.string(), poster: z.string() });
const FPS = 30;
type Clip = z.infer<typeof clipSchema>;
const probed = z.object({
  streams: z.array(z.object({ codec_type: z.string(), codec_name: z.string(), height: z.number().optional() })),
  packets: z.array(z.object({ codec_type: z.string(), pts_time: z.coerce.number(), dts_time: z.coerce.number(), flags: z.string() })),
  format: z.object({ duration: z.coerce.number() }),
});

async function checkFile(t: Test, app: RunningApp, clip: Clip): Promise<void> {
  const file = path.join(app.config.mediaDir, 'clip.mp4');
  await writeFile(file, Buffer.from(await (await app.get(clip.video)).arrayBuffer()));
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type,codec_name,height:packet=codec_type,pts_time,dts_time,flags:format=duration', '-of', 'json', file], { maxBuffer: 1 << 26 });
  const { streams, packets, format } = probed.parse(JSON.parse(stdout));
  t.match(streams, [{ codec_name: 'h264', height: 720 }, { codec_name: 'aac' }], 'the source, as it was sent');
  t.ok(Math.abs(format.duration - clip.durationSec) < 0.1, `${format.duration} s, as the API says`);
  for (const kind of ['video', 'audio']) {
    const own = packets.filter(({ codec_type }) => codec_type === kind);
    t.same(own.filter(({ dts_time }, i) => dts_time <= (own[i - 1]?.dts_time ?? -Infinity)), [], `${kind} goes on`);
    t.ok(Math.abs(own[0]?.pts_time ?? Infinity) < 0.1, `${kind} starts with the file`);
    t.match(own[0]?.flags, /^K/, 'with a key frame');
  }
  t.equal((await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'])).stderr, '', 'every picture can be decoded');
  const poster = await app.get(clip.poster);
  t.match([poster.status, poster.headers.get('content-type')], [200, 'image/jpeg']);
}

t.test('a clip of what is on, and one of its recording', async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const encoder = publish(t, { url: app.publishUrl, args: copyOf(file) });
  const make = (id: string, startAt: Date, exact = false) => app.api('POST', `/api/v1/broadcasts/${id}/clips`, { startAt: startAt.toISOString(), durationSec: 5, title: 'A wave', exact });
  /** What the playlist says of the first segment, for players. */
  const firstDate = async (where: string): Promise<Date> => until('a dated playlist', async () => {
    const [, date] = /PROGRAM-DATE-TIME:(\S+)/.exec(await (await app.get(where)).text()) ?? [];
    return date === undefined ? undefined : new Date(date);
  }, 30_000);
  const { broadcast: { id } } = await until('a broadcast', async () => {
    const live: unknown = await (await app.get('/api/v1/channels/ada/live')).json();
    return onAir.safeParse(live).data;
  }, 30_000);

  await t.test('while it is on', async (t) => {
    const start = new Date((await firstDate('/hls/ada/source/index.m3u8')).getTime() + 1000);
    // What is listed is on the disk a moment later: the fourth segment is, when there is a fifth.
    await until('the fifth segment', async () => ((await (await app.get('/hls/ada/source/index.m3u8')).text()).includes('/4.m4s') ? true : undefined), 30_000);
    const clip = clipSchema.parse(await (await make(id, start)).json());
    t.ok(Math.abs(start.getTime() - 1000 - Date.parse(clip.startAt)) < 5, 'from the key frame before');
    t.ok(clip.durationSec > 5.9 && clip.durationSec < 6.1, `${clip.durationSec} s: whole segments`);
    await checkFile(t, app, clip);
  });

  await t.test('while it is on, to the frame', async (t) => {
    const start = new Date((await firstDate('/hls/ada/source/index.m3u8')).getTime() + 1000);
    const clip = clipSchema.parse(await (await make(id, start, true)).json());
    t.ok(Math.abs(start.getTime() - Date.parse(clip.startAt)) <= 1000 / FPS, `from the picture that was on the screen: ${clip.startAt}`);
    t.equal(clip.durationSec, 5);
    await checkFile(t, app, clip);
  });

  await t.test('when it is over', async (t) => {
    await end(encoder);
    t.equal((await app.api('DELETE', '/api/v1/channels/ada/broadcast')).status, 204);
    await until('the recording', async () => ((await app.get(`/vod/${id}/master.m3u8`)).ok ? true : undefined), 30_000);
    const start = new Date((await firstDate(`/vod/${id}/source/index.m3u8`)).getTime() + 2000);
    const clip = clipSchema.parse(await (await make(id, start)).json());
    t.ok(Math.abs(start.getTime() - Date.parse(clip.startAt)) < 5, 'a key frame is the start that was asked for');
    t.ok(clip.durationSec > 5.9 && clip.durationSec < 6.1, `${clip.durationSec} s`);
    await checkFile(t, app, clip);
    t.equal((await app.api('DELETE', `/api/v1/recordings/${id}`)).status, 204);
    await checkFile(t, app, clip);
  });
});
