import t from 'tap';
import type { Test } from 'tap';
import { LiveFeed } from '../../src/webrtc/index.js';
import { Stage } from '../../src/webrtc/stage.js';
import type { Wish } from '../../src/webrtc/stage.js';
import { WebRtcWorkers } from '../../src/webrtc/workers.js';
import { recordingLog } from '../support/log.js';
import { noWorker } from '../support/real-time.js';
import { until } from '../support/until.js';

/** A stage in a worker of its own. */
async function openStage(t: Test) {
  const log = recordingLog();
  const workers = new WebRtcWorkers({ count: 1, port: 0, bindAddress: '127.0.0.1', announcedAddress: '', log });
  await workers.start();
  const [worker] = workers.list;
  if (worker === undefined) throw new Error('the worker does not start');
  const openOpus = () => ({ push: () => undefined, close: () => undefined });
  const stage = new Stage({ feed: new LiveFeed({ epochMs: 0, facts: () => ({ hasBFrames: false }), openOpus }), log });
  t.after(async () => {
    stage.close('the test is over');
    await workers.stop();
  });
  return { stage, join: (ip: string, payloadType: number) => stage.admit(worker, wishOf(ip, payloadType)) };
}

/** A player that has a number of its own for H.264. */
function wishOf(ip: string, payloadType: number): Wish {
  const h264 = { kind: 'video' as const, mimeType: 'video/H264', preferredPayloadType: payloadType, clockRate: 90_000, parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' } };
  return { rtpCapabilities: { codecs: [h264] }, kinds: ['video'], client: { ip, userAgent: 'player' } };
}

t.test('places for kinds of players', { skip: noWorker }, async (t) => {
  const { join } = await openStage(t);
  for (const payloadType of [96, 97, 98]) await join('192.0.2.1', payloadType);

  await t.test('one address does not take them all', async (t) => {
    await t.rejects(join('192.0.2.1', 99), { status: 503, code: 'too_many_kinds_of_players', message: /^players of 3 different kinds watch at your address/, detail: { retryAfterSec: 10 } });
    await t.rejects(join('::ffff:192.0.2.1', 99), { code: 'too_many_kinds_of_players' }, 'however it is written');
    t.ok(await join('192.0.2.2', 99), 'others get theirs');
    t.ok(await join('192.0.2.1', 99), 'and what is there is for everybody');
  });

  await t.test('when all are taken, the refusal says so', async (t) => {
    for (const payloadType of [100, 101]) await join('192.0.2.3', payloadType);
    for (const payloadType of [102, 103]) await join('192.0.2.4', payloadType);
    await t.rejects(join('192.0.2.5', 104), { status: 503, message: /^players of 8 different kinds watch already/ });
    t.ok(await join('192.0.2.5', 96));
  });

  await t.test('a place whose player does not connect goes to the next one', async (t) => {
    t.ok(await until('there is room', () => join('192.0.2.6', 105).catch(() => undefined)));
  });
});
