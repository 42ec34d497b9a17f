import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { stringOf } from '../support/app.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

t.test('the server is killed: the next start clears up, and the encoder can go on', async (t) => {
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
  t.equal((await readdir(media)).length, 1, 'the crash left files behind');

  const second = await startServerProcess(t, { folder, ...ports });
  t.equal((await readdir(path.join(folder, 'media'))).length, 0, 'the next start removed them');
  t.match(second.output(), /ended broadcasts that a stop of the server had left live.*count=1/, 'nothing stays live for ever');
  t.equal(await findPlaylist(playlistUrl), undefined, 'players get a plain answer that nothing is live');

  publish(t, { url: publishUrl, args: copyOf(file) });
  await untilPlaylist(playlistUrl, 'the same key publishes again', (text) => segmentsOf(text).length >= 1);
});

t.test('SIGTERM ends everything: the encoder is told, children and files are gone', async (t) => {
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
  t.same(await readdir(path.join(folder, 'media')), [], 'no file is left');
  t.notMatch(server.output(), / error /, 'nothing went wrong on the way');
});

async function makeKey(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const registered = await fetch(`${url}/api/v1/auth/register`, { method: 'POST', headers, body: JSON.stringify({ username: 'ada', email: 'ada@example.org', password: 'correct horse' }) });
  const accessToken = stringOf(await registered.json(), 'accessToken');
  const made = await fetch(`${url}/api/v1/channels/ada/stream-keys`, { method: 'POST', headers: { ...headers, authorization: `Bearer ${accessToken}` }, body: JSON.stringify({ label: 'test' }) });
  return stringOf(await made.json(), 'key');
}
