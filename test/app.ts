import t from 'tap';
import { startApp } from './support/app.js';
import type { RunningApp } from './support/app.js';
import { RtmpClient } from './support/rtmp-client.js';
import { until } from './support/until.js';

async function answer(response: Promise<Response>): Promise<unknown> {
  return (await response).json();
}

/** An encoder that connects and sends nothing. */
async function connect(app: RunningApp): Promise<RtmpClient> {
  return RtmpClient.publish({ port: app.app.ports.rtmp, key: app.publishUrl.split('/').at(-1) ?? '' });
}

async function untilState(app: RunningApp, state: string): Promise<void> {
  await until(`the state ${state}`, async () => (JSON.stringify(await answer(app.get('/api/v1/channels/ada/live'))).includes(`"state":"${state}"`) ? true : undefined));
}

t.test('a publisher that sends nothing is live for nobody, drops, comes back and is ended', async (t) => {
  const app = await startApp(t);
  t.match(await answer(app.get('/api/v1/channels/ada/live')), { state: 'offline' });
  const first = await connect(app);

  await t.test('it is found however its channel is written', async (t) => {
    for (const slug of ['ada', 'Ada', 'ADA']) {
      t.match(await answer(app.get(`/api/v1/channels/${slug}/live`)), { state: 'starting', broadcast: { playback: { hls: '/hls/ada/master.m3u8' } } }, slug);
      t.match(await answer(app.api('GET', `/api/v1/channels/${slug}/health`)), { state: 'starting', ladder: { mode: 'auto' }, advice: [{ code: 'nothing_arrives' }] }, slug);
    }
    t.equal((await app.get('/api/v1/channels/eve/live')).status, 404);
  });
  t.same(await answer(app.get('/api/v1/live')), { broadcasts: [] });

  first.drop();
  await untilState(app, 'reconnecting');
  t.same(await answer(app.get('/api/v1/live')), { broadcasts: [] });

  t.equal((await app.api('PATCH', '/api/v1/channels/ada', { title: 'Sunday sailing', ladder: ['480p'], latency: 'stable' })).status, 200);
  t.match(await answer(app.get('/api/v1/channels/ada/live')), { state: 'reconnecting', latency: 'stable' }, 'players are told at once');
  await connect(app);
  t.match(await answer(app.api('GET', '/api/v1/channels/ada/health')), { ladder: { mode: ['480p'] } }, 'the next publication of the same broadcast gets the ladder that was set meanwhile');

  t.equal((await app.api('DELETE', '/api/v1/channels/ADA/broadcast')).status, 204);
  t.same(await answer(app.get('/api/v1/channels/ada/live')), { state: 'offline', latency: 'stable' });
});
