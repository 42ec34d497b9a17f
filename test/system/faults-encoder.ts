import t from 'tap';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { breaksOf, decodes, holesOf } from '../support/judge.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

t.test('FFmpeg is killed: the source goes on, the rungs come back within seconds', async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  publish(t, { url: app.publishUrl, args: copyOf(file) });
  const rung = `${app.url}/hls/ada/360p/index.m3u8`;
  await untilPlaylist(rung, 'two segments of 360p', (text) => segmentsOf(text).length >= 2);

  const transcode = app.app.transcodeOf('ada');
  const pid = transcode?.status().encode?.pid;
  t.type(pid, 'number', 'FFmpeg runs');
  process.kill(pid ?? 0, 'SIGKILL');
  await until('FFmpeg runs again', () => (transcode?.status().encode?.pid ?? pid) !== pid || undefined, 5_000);

  const after = segmentsOf(await untilPlaylist(rung, '360p goes on behind a discontinuity', (text) => segmentsOf(text).filter((one) => one.number > 0 && !one.isGap).length >= 5 && text.includes('DISCONTINUITY\n')));
  t.ok(after.some((segment) => segment.isAfterDiscontinuity), 'players are told of the break');
  const source = segmentsOf((await findPlaylist(`${app.url}/hls/ada/source/index.m3u8`)) ?? '');
  t.notOk(source.some((segment) => segment.isGap), 'the source lost nothing');
  t.equal(holesOf(source), 0, 'no segment number of the source is missing');
  t.same(breaksOf(source).slice(0, 1), breaksOf(after).slice(0, 1), 'the break has the same number on every rung');
  await decodes(t, app, after.filter((segment) => segment.number > (breaksOf(after)[0] ?? 0)));
});
