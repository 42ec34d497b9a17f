import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { startApp } from '../support/app.js';
import { flashAndBeep, offsetsOf } from '../support/flash-beep.js';
import { download, segmentsOf, untilPlaylist } from '../support/hls.js';
import { copyOf, makeSourceFile, publish } from '../support/publisher.js';

/** What the issue allows; the eye takes twice as much. */
const TOLERANCE_MS = 40;

t.test('sound stays where the source had it, on every rung, with B-frames in the source', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-sync-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const source = await makeSourceFile(t, flashAndBeep(16));
  const wanted = middle(await offsetsOf(source, source));
  const app = await startApp(t);
  publish(t, { url: app.publishUrl, args: copyOf(source) });
  const lists = Object.fromEntries(await Promise.all(['source', '480p', '360p', 'audio'].map(async (name) => {
    const playlist = await untilPlaylist(`${app.url}/hls/ada/${name}/index.m3u8`, `the end of ${name}`, (text) => text.includes('ENDLIST'), 40_000);
    const file = path.join(folder, `${name}.mp4`);
    await writeFile(file, await download(app.url, segmentsOf(playlist)));
    return [name, file] as const;
  })));
  for (const name of ['source', '480p', '360p']) {
    const offsets = await offsetsOf(lists[name] ?? '', lists['audio'] ?? '');
    t.ok(offsets.length >= 5, `${name} shows the flashes`);
    for (const offset of offsets) t.ok(Math.abs(offset - wanted) <= TOLERANCE_MS, `${name}: beep ${offset.toFixed(1)} ms after the flash, in the source ${wanted.toFixed(1)}`);
  }
});

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
