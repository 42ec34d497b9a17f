import t from 'tap';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { decodes, holesOf, liveState } from '../support/judge.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

t.test('the publisher is killed and comes back: the same broadcast goes on at the same address', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' }, streams: { reconnectGraceSec: 30 } });
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const playlistUrl = `${app.url}/hls/ada/source/index.m3u8`;
  const first = publish(t, { url: app.publishUrl, args: copyOf(file) });
  await untilPlaylist(playlistUrl, 'two segments', (text) => segmentsOf(text).length >= 2);
  const before = await liveState(app);
  await end(first, 'SIGKILL');
  await until('the page is told', async () => ((await liveState(app)).state === 'reconnecting' ? true : undefined));
  t.notMatch(await findPlaylist(playlistUrl), /ENDLIST/, 'players wait');

  publish(t, { url: app.publishUrl, args: copyOf(file) });
  const playlist = await untilPlaylist(playlistUrl, 'segments of the second publication', (text) => text.split('#EXT-X-DISCONTINUITY\n').length > 2);
  await until('it is live again', async () => ((await liveState(app)).state === 'live' ? true : undefined));
  t.equal((await liveState(app)).id, before.id, 'it is the same broadcast');
  t.equal(holesOf(segmentsOf(playlist)), 0, 'segments are numbered on');
});

t.test('the publisher does not come back: players get the end', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' }, streams: { reconnectGraceSec: 1 } });
  const file = await makeSourceFile(t, obsLike({ seconds: 20 }));
  const publisher = publish(t, { url: app.publishUrl, args: copyOf(file) });
  const playlistUrl = `${app.url}/hls/ada/source/index.m3u8`;
  await untilPlaylist(playlistUrl, 'two segments', (text) => segmentsOf(text).length >= 2);
  await end(publisher, 'SIGKILL');
  const playlist = await untilPlaylist(playlistUrl, 'the end of the playlist', (text) => text.includes('#EXT-X-ENDLIST'));
  await decodes(t, app, segmentsOf(playlist));
  t.equal((await liveState(app)).state, 'offline');
});

t.test('a second publisher takes over from the first, which is told', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  const playlistUrl = `${app.url}/hls/ada/source/index.m3u8`;
  const first = publish(t, { url: app.publishUrl, args: copyOf(file) });
  await untilPlaylist(playlistUrl, 'a segment', (text) => segmentsOf(text).length >= 1);
  const { id } = await liveState(app);
  const gone = new Promise((resolve) => first.once('exit', resolve));
  publish(t, { url: app.publishUrl, args: copyOf(file) });
  await gone;
  const playlist = await untilPlaylist(playlistUrl, 'segments of the second', (text) => text.includes('#EXT-X-DISCONTINUITY\n'));
  t.equal((await liveState(app)).id, id, 'it is the same broadcast');
  t.equal(holesOf(segmentsOf(playlist)), 0);
});

t.test('a revoked key ends its publication within two seconds', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  publish(t, { url: app.publishUrl, args: copyOf(file) });
  await until('it is live', async () => ((await liveState(app)).state === 'live' ? true : undefined));
  const { streamKeys } = JSON.parse(await (await app.api('GET', '/api/v1/channels/ada/stream-keys')).text()) as { streamKeys: { id: string }[] };
  await app.api('DELETE', `/api/v1/channels/ada/stream-keys/${streamKeys[0]?.id ?? ''}`);
  const startMs = performance.now();
  await until('the broadcast is over', async () => ((await liveState(app)).state === 'offline' ? true : undefined));
  t.ok(performance.now() - startMs < 2_000, 'within two seconds');
});
