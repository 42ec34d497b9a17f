import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf } from '../support/hls.js';
import { decodes, holesOf, liveState } from '../support/judge.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { mountSmallDisk, noSmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';

process.env['WEBRTC_PORT'] = '0';

const run = promisify(execFile);
const recorded = z.object({ recordings: z.array(z.object({ id: z.string(), state: z.string(), durationSec: z.number() })) });
/** More than a segment has, and less than a show. */
const MIN_FREE_MIB = 4;

t.test('the disk is full while it records: the oldest go at once, kept ones never, and what is missing is said', { skip: noSmallDisk }, async (t) => {
  const disk = await mountSmallDisk(t, 20);
  const app = await startApp(t, { mediaDir: disk, transcode: { ladder: 'off' }, packager: { windowSec: 10, memoryMiB: 4 }, recordings: { minFreeGiB: MIN_FREE_MIB / 1024 } });
  const file = await makeSourceFile(t, obsLike({ seconds: 60, bitrate: '6000k' }));
  const recordings = async () => recorded.parse(await (await app.api('GET', '/api/v1/channels/ada/recordings')).json()).recordings;
  const newest = async () => segmentsOf((await findPlaylist(`${app.url}/hls/ada/source/index.m3u8`)) ?? '').at(-1)?.number ?? -1;
  const record = async (segments: number): Promise<string> => {
    const encoder = publish(t, { url: app.publishUrl, args: copyOf(file) });
    const { id = '' } = await until('it is live', async () => ((await liveState(app)).state === 'live' ? liveState(app) : undefined));
    await until(`${segments} segments`, async () => (await newest()) >= segments - 1 || undefined, 60_000);
    await end(encoder, 'SIGINT');
    await until('its recording', async () => (await recordings()).some((one) => one.id === id) || undefined);
    return id;
  };
  const kept = await record(2);
  t.equal((await app.api('PATCH', `/api/v1/recordings/${kept}`, { isKept: true })).status, 200);
  const old = await record(3);

  publish(t, { url: app.publishUrl, args: copyOf(file) });
  const { id = '' } = await until('it is live', async () => ((await liveState(app)).state === 'live' ? liveState(app) : undefined));
  await until('the old one is gone', () => existsSync(path.join(disk, old)) ? undefined : true, 40_000);
  const atThatTime = await newest();
  await until('the new one goes on', () => existsSync(path.join(disk, id, 'source', `${atThatTime + 1}.m4s`)) || undefined);
  const files = async () => (await run('find', [disk, '-name', '*.tmp'])).stdout;

  await t.test('and when nothing is left to delete, viewers go on from memory', async (t) => {
    const stillMissing = async () => (await newest()) > atThatTime + 6 && !existsSync(path.join(disk, id, 'source', `${(await newest()) - 2}.m4s`));
    await until('the disk is full again', async () => (await stillMissing()) || undefined, 40_000);
    const segments = segmentsOf((await findPlaylist(`${app.url}/hls/ada/source/index.m3u8`)) ?? '');
    t.equal(holesOf(segments), 0);
    await decodes(t, app, segments.slice(-2));
    t.ok(existsSync(path.join(disk, kept)), 'the kept one stays');
    t.equal(await files(), '', 'nothing is left half written');
  });

  await t.test('the recording says that it is incomplete, and what there is of it plays', async (t) => {
    const from = await newest();
    await until('more than memory holds', async () => (await newest()) >= from + 6 || undefined, 30_000);
    await run('mount', ['-o', 'remount,size=64m', disk]);
    await until('segments on the disk again', async () => existsSync(path.join(disk, id, 'source', `${await newest()}.m4s`)) || undefined);
    t.equal((await app.api('DELETE', '/api/v1/channels/ada/broadcast')).status, 204);
    const found = await until('the recording', async () => (await recordings()).find((one) => one.id === id));
    t.equal(found.state, 'incomplete');
    t.same((await recordings()).map((one) => one.id).sort(), [kept, id].sort());
    for (const one of [kept, id]) await plays(t, `${app.url}/vod/${one}/download.mp4`);
  });
});

async function plays(t: Test, url: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-plays-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'download.mp4');
  await writeFile(file, Buffer.from(await (await fetch(url)).arrayBuffer()));
  t.equal((await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'])).stderr, '', 'every picture can be decoded');
}
