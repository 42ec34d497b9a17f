import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { stringOf } from '../support/app.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { holesOf } from '../support/judge.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

t.test('the server is killed: the broadcast goes on with the next start, and its encoder continues it', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-crash-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ports = { httpPort: await freePort(), rtmpPort: await freePort() };
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const first = await startServerProcess(t, { folder, ...ports });
  const key = await makeKey(first.url);
  const publishUrl = `rtmp://127.0.0.1:${ports.rtmpPort}/live/${key}`;
  const playlistUrl = `${first.url}/hls/ada/source/index.m3u8`;

  const publisher = publish(t, { url: publishUrl, args: copyOf(file) });
  await untilPlaylist(playlistUrl, 'a segment', (text) => segmentsOf(text).length >= 1);
  // A segment is listed from memory a moment before it is on disk.
  const media = path.join(folder, 'media');
  await until('a segment is on disk', async () => ((await readdir(media, { recursive: true })).some((name) => name.endsWith('.m4s')) ? true : undefined));
  const gone = new Promise((resolve) => publisher.once('exit', resolve));
  await end(first.child, 'SIGKILL');
  await gone;
  const left = await broadcastsIn(media);
  t.equal(left.length, 1);

  await startServerProcess(t, { folder, ...ports });
  t.same(await broadcastsIn(media), left, 'it is the same broadcast');
  // As a player that comes now: of what the server before had in memory, the parts of segments, nothing is left.
  const newPlaylistUrl = playlistUrl.replace('127.0.0.1', 'localhost');
  const slate = await untilPlaylist(newPlaylistUrl, 'a slate', (text) => text.includes('#EXT-X-DISCONTINUITY\n'));
  t.match(slate, /#EXT-X-GAP\n/, 'what viewers may have seen a part of is a gap, and keeps its number');
  publish(t, { url: publishUrl, args: copyOf(file) });
  const playlist = await untilPlaylist(newPlaylistUrl, 'the encoder', (text) => text.split('#EXT-X-DISCONTINUITY\n').length >= 3);
  t.ok(holesOf(segmentsOf(playlist)) <= 2, 'segments are numbered on, and nothing is missing but what died in memory');
});

t.test('a broadcast that was interrupted long ago is over with the next start', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-crash-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ports = { httpPort: await freePort(), rtmpPort: await freePort() };
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const first = await startServerProcess(t, { folder, ...ports });
  const key = await makeKey(first.url);
  const playlistUrl = `${first.url}/hls/ada/source/index.m3u8`;
  publish(t, { url: `rtmp://127.0.0.1:${ports.rtmpPort}/live/${key}`, args: copyOf(file) });
  await untilPlaylist(playlistUrl, 'segments', (text) => segmentsOf(text).length >= 2);
  await end(first.child, 'SIGKILL');

  const [id = ''] = await broadcastsIn(path.join(folder, 'media'));
  const journal = path.join(folder, 'media', id, 'journal.jsonl');
  const anHourAgo = (await readFile(journal, 'utf8')).replace(/"epochMs":(\d+)/, (_text, epochMs: string) => `"epochMs":${Number(epochMs) - 3_600_000}`);
  await writeFile(journal, anHourAgo);
  const second = await startServerProcess(t, { folder, ...ports });
  t.match(second.output(), /ended a broadcast that a stop of the server had left live/, 'nothing stays live for ever');
  t.equal(await findPlaylist(playlistUrl), undefined, 'players get a plain answer that nothing is live');
  const recordings = await (await fetch(`${second.url}/api/v1/channels/ada/recordings`)).text();
  t.match(recordings, /"durationSec":[1-9]/, 'and what there is of it is a recording');
});

t.test('SIGTERM ends everything: the encoder is told, children are gone, and what was sent is on the disk', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-term-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ports = { httpPort: await freePort(), rtmpPort: await freePort() };
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const server = await startServerProcess(t, { folder, ...ports });
  const key = await makeKey(server.url);
  const publisher = publish(t, { url: `rtmp://127.0.0.1:${ports.rtmpPort}/live/${key}`, args: copyOf(file) });
  await untilPlaylist(`${server.url}/hls/ada/source/index.m3u8`, 'a segment', (text) => segmentsOf(text).length >= 1);
  const gone = new Promise((resolve) => publisher.once('exit', resolve));
  const exit = new Promise((resolve) => server.child.once('exit', resolve));
  server.child.kill('SIGTERM');
  t.equal(await exit, 0, 'the server ends by itself, without an error');
  await gone;
  const files = await readdir(path.join(folder, 'media'), { recursive: true });
  t.ok(files.some((name) => name.endsWith('/source/0.m4s')) && files.some((name) => name.endsWith('/journal.jsonl')), 'for the next start');
  t.notMatch(server.output(), / error /, 'nothing went wrong on the way');
});

/** Folders of broadcasts; clips have one of their own beside them. */
async function broadcastsIn(media: string): Promise<string[]> {
  return (await readdir(media)).filter((name) => name !== 'clips');
}

async function makeKey(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const registered = await fetch(`${url}/api/v1/auth/register`, { method: 'POST', headers, body: JSON.stringify({ username: 'ada', email: 'ada@example.org', password: 'correct horse' }) });
  const accessToken = stringOf(await registered.json(), 'accessToken');
  const made = await fetch(`${url}/api/v1/channels/ada/stream-keys`, { method: 'POST', headers: { ...headers, authorization: `Bearer ${accessToken}` }, body: JSON.stringify({ label: 'test' }) });
  return stringOf(await made.json(), 'key');
}
