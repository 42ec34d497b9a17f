import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { holesOf } from '../support/judge.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { makeKey } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

t.test('the server is killed: the broadcast goes on with the next start, and its encoder continues it', async (t) => {
  const { media, server, start, publish, playlistUrl } = await startPlace(t);
  const publisher = publish();
  await untilPlaylist(playlistUrl, 'a segment', (text) => segmentsOf(text).length >= 1);
  // A segment is listed from memory a moment before it is on disk.
  const [id = ''] = await broadcastsIn(media);
  await until('a segment is on disk, and in the journal', async () => (/"type":"segment"/.test(await readFile(path.join(media, id, 'journal.jsonl'), 'utf8').catch(() => '')) ? true : undefined));
  const gone = new Promise((resolve) => publisher.once('exit', resolve));
  await end(server.child, 'SIGKILL');
  await gone;
  const left = await broadcastsIn(media);
  t.equal(left.length, 1);

  await start();
  t.same(await broadcastsIn(media), left, 'it is the same broadcast');
  // As a player that comes now: of what the server before had in memory, the parts of segments, nothing is left.
  const newPlaylistUrl = playlistUrl.replace('127.0.0.1', 'localhost');
  const slate = await untilPlaylist(newPlaylistUrl, 'a slate', (text) => text.includes('#EXT-X-DISCONTINUITY\n'));
  t.match(slate, /#EXT-X-GAP\n/, 'what viewers may have seen a part of is a gap, and keeps its number');
  publish();
  const playlist = await untilPlaylist(newPlaylistUrl, 'the encoder', (text) => text.split('#EXT-X-DISCONTINUITY\n').length >= 3);
  t.ok(holesOf(segmentsOf(playlist)) <= 2, 'segments are numbered on, and nothing is missing but what died in memory');
});

t.test('a broadcast that was interrupted long ago is over with the next start', async (t) => {
  const { media, server, start, publish, playlistUrl } = await startPlace(t);
  publish();
  await untilPlaylist(playlistUrl, 'segments', (text) => segmentsOf(text).length >= 2);
  await end(server.child, 'SIGKILL');

  const [id = ''] = await broadcastsIn(media);
  const journal = path.join(media, id, 'journal.jsonl');
  const anHourAgo = (await readFile(journal, 'utf8')).replace(/"epochMs":(\d+)/, (_text, epochMs: string) => `"epochMs":${Number(epochMs) - 3_600_000}`);
  await writeFile(journal, anHourAgo);
  const second = await start();
  t.match(second.output(), /ended a broadcast that a stop of the server had left live/, 'nothing stays live for ever');
  t.equal(await findPlaylist(playlistUrl), undefined, 'players get a plain answer that nothing is live');
  const recordings = await (await fetch(`${second.url}/api/v1/channels/ada/recordings`)).text();
  t.match(recordings, /"durationSec":[1-9]/, 'and what there is of it is a recording');
});

t.test('SIGTERM ends everything: the encoder is told, children are gone, and what was sent is on the disk', async (t) => {
  const { media, server, publish, playlistUrl } = await startPlace(t);
  const publisher = publish();
  await untilPlaylist(playlistUrl, 'a segment', (text) => segmentsOf(text).length >= 1);
  const gone = new Promise((resolve) => publisher.once('exit', resolve));
  const exit = new Promise((resolve) => server.child.once('exit', resolve));
  server.child.kill('SIGTERM');
  t.equal(await exit, 0, 'the server ends by itself, without an error');
  await gone;
  const files = await readdir(media, { recursive: true });
  t.ok(files.some((name) => name.endsWith('/source/0.m4s')) && files.some((name) => name.endsWith('/journal.jsonl')), 'for the next start');
  t.notMatch(server.output(), / error /, 'nothing went wrong on the way');
});

/** Folders of broadcasts; clips have one of their own beside them. */
async function broadcastsIn(media: string): Promise<string[]> {
  return (await readdir(media)).filter((name) => /^[0-9a-f]{8}-/.test(name));
}

/** A server with a channel, and a file to publish to it. */
async function startPlace(t: Test) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-faults-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ports = { httpPort: await freePort(), rtmpPort: await freePort() };
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const start = () => startServerProcess(t, { folder, ...ports });
  const server = await start();
  const publishUrl = `rtmp://127.0.0.1:${ports.rtmpPort}/live/${await makeKey(server.url)}`;
  return { media: path.join(folder, 'media'), server, start, publish: () => publish(t, { url: publishUrl, args: copyOf(file) }), playlistUrl: `${server.url}/hls/ada/source/index.m3u8` };
}
