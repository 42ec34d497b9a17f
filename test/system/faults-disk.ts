import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { decodes, liveState } from '../support/judge.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { mountSmallDisk, noSmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';

const run = promisify(execFile);

t.test('the disk is full: viewers go on from memory, and files come back with the space', { skip: noSmallDisk }, async (t) => {
  const disk = await mountSmallDisk(t, 6);
  const app = await startApp(t, { mediaDir: disk, transcode: { ladder: 'off' }, packager: { windowSec: 10 } });
  const file = await makeSourceFile(t, obsLike({ seconds: 40, bitrate: '6000k' }));
  publish(t, { url: app.publishUrl, args: copyOf(file) });
  const playlistUrl = `${app.url}/hls/ada/source/index.m3u8`;
  // 6 Mbps fill 6 MiB in eight seconds.
  const playlist = await untilPlaylist(playlistUrl, 'more segments than the disk holds', (text) => segmentsOf(text).some((one) => one.number >= 7), 30_000);
  await decodes(t, app, segmentsOf(playlist));
  const files = await readdir(path.join(disk, (await liveState(app)).id ?? '', 'source'));
  t.notOk(files.some((name) => name.endsWith('.tmp')), 'nothing is left half-written');
  await run('mount', ['-o', 'remount,size=128m', disk]);
  await until('segments are on disk again', async () => {
    const last = segmentsOf((await findPlaylist(playlistUrl)) ?? '').at(-2);
    const names = await readdir(path.join(disk, (await liveState(app)).id ?? '', 'source')).catch((): string[] => []);
    return last !== undefined && last.number > 7 && names.includes(path.basename(last.uri)) ? true : undefined;
  });
});
