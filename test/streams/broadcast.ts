import { once } from 'node:events';
import t from 'tap';
import { Broadcast, Publication } from '../../src/streams/index.js';
import type { CloseReason } from '../../src/streams/index.js';
import { videoFrame } from '../support/frames.js';
import { recordingLog } from '../support/log.js';

const CHANNEL = { id: 'c1', slug: 'ada', title: 'Ada', ladder: undefined };
const LOST: CloseReason = { code: 'connection-lost', message: 'the connection ended' };
const DONE: CloseReason = { code: 'unpublished', message: 'the encoder stopped' };

function publication(id: string): Publication {
  return new Publication({ id, channel: CHANNEL, streamKeyId: `key of ${id}`, protocol: 'rtmp', remoteAddress: '192.0.2.1', encoder: 'test' });
}

function onAir(options: { graceMs?: number } = {}) {
  const log = recordingLog();
  const broadcast = new Broadcast({ id: 'b1', channel: CHANNEL, graceMs: options.graceMs ?? 60_000, log });
  const events: string[] = [];
  broadcast.on('attached', ({ id }) => events.push(`attached ${id}`));
  broadcast.on('media', (media) => events.push(media.type === 'frame' ? `frame ${media.frame.dtsMs}` : 'config'));
  broadcast.on('detached', ({ code }) => events.push(`detached ${code}`));
  broadcast.on('state', (state) => events.push(state));
  broadcast.on('ended', ({ code }) => events.push(`ended ${code}`));
  return { broadcast, events, log };
}

const frame = (timeMs: number) => ({ type: 'frame' as const, frame: videoFrame(timeMs) });

t.test('media goes through from attach to the clean end', async (t) => {
  const { broadcast, events } = onAir();
  const camera = publication('p1');
  broadcast.attach(camera);
  camera.push(frame(0));
  broadcast.markLive();
  broadcast.markLive();
  camera.push(frame(33));
  camera.close(DONE);
  camera.push(frame(66));
  t.strictSame(events, ['attached p1', 'frame 0', 'live', 'frame 33', 'ended', 'ended unpublished']);
  t.equal(broadcast.publication, undefined);
  t.equal(broadcast.state, 'ended');
});

t.test('a lost connection waits, and a return within the grace goes on', async (t) => {
  const { broadcast, events } = onAir();
  const [first, second] = [publication('p1'), publication('p2')];
  broadcast.attach(first);
  broadcast.markLive();
  first.close(LOST);
  t.equal(broadcast.state, 'reconnecting');
  broadcast.attach(second);
  second.push(frame(5));
  broadcast.markLive();
  t.strictSame(events, ['attached p1', 'live', 'reconnecting', 'detached connection-lost', 'starting', 'attached p2', 'frame 5', 'live']);
  broadcast.end(DONE);
});

t.test('nobody comes back: it ends when the grace is over', async (t) => {
  const { broadcast } = onAir({ graceMs: 20 });
  const camera = publication('p1');
  broadcast.attach(camera);
  camera.close(LOST);
  const [reason] = await once(broadcast, 'ended', { signal: AbortSignal.timeout(5_000) });
  t.same(reason, LOST);
});

t.test('a return stops the clock of the grace', async (t) => {
  const { broadcast } = onAir();
  const [first, second] = [publication('p1'), publication('p2')];
  broadcast.attach(first);
  first.close(LOST);
  broadcast.attach(second);
  t.equal(broadcast.state, 'starting');
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'));
  broadcast.end(DONE);
});

t.test('without a grace a lost connection is the end', async (t) => {
  const { broadcast, events } = onAir({ graceMs: 0 });
  const camera = publication('p1');
  broadcast.attach(camera);
  camera.close(LOST);
  t.strictSame(events, ['attached p1', 'ended', 'ended connection-lost']);
});

t.test('a second publisher takes over at once; the first one feeds nothing any more', async (t) => {
  const { broadcast, events, log } = onAir();
  const [zombie, fresh] = [publication('p1'), publication('p2')];
  broadcast.attach(zombie);
  broadcast.markLive();
  const closed: CloseReason[] = [];
  zombie.on('closed', (reason) => closed.push(reason));
  broadcast.attach(fresh);
  zombie.push(frame(1));
  fresh.push(frame(2));
  t.strictSame(closed, [{ code: 'taken-over', message: 'another encoder started to publish to this channel' }]);
  t.strictSame(events, ['attached p1', 'live', 'detached taken-over', 'attached p2', 'frame 2']);
  t.equal(broadcast.state, 'live', 'viewers go on');
  t.match(log.lines.find(({ level }) => level === 'warn'), { message: 'newer publisher took over', fields: { publication: 'p2', replaced: 'p1' } });
  broadcast.end(DONE);
});

t.test('an end from outside hangs up the publisher, once', async (t) => {
  const { broadcast, events } = onAir();
  const camera = publication('p1');
  broadcast.attach(camera);
  broadcast.end({ code: 'ended-by-owner', message: 'ended in the studio' });
  broadcast.end(DONE);
  t.ok(camera.isClosed);
  t.strictSame(events, ['attached p1', 'ended', 'ended ended-by-owner']);
});

t.test('an end while it waits leaves no timer', async (t) => {
  const { broadcast } = onAir();
  const camera = publication('p1');
  broadcast.attach(camera);
  camera.close(LOST);
  broadcast.end(DONE);
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'));
});

t.test('the meter starts anew with each publisher', async (t) => {
  const { broadcast } = onAir();
  const [first, second] = [publication('p1'), publication('p2')];
  broadcast.attach(first);
  for (let i = 0; i < 10; i++) first.push(frame(i * 20));
  t.equal(Math.round(broadcast.meter.facts().fps), 50);
  broadcast.attach(second);
  t.equal(broadcast.meter.facts().fps, 0);
  broadcast.end(DONE);
});

t.test('a publication closes once', async (t) => {
  const camera = publication('p1');
  const reasons: string[] = [];
  camera.on('closed', ({ code }) => reasons.push(code));
  camera.close(LOST);
  camera.close(DONE);
  t.same(reasons, ['connection-lost']);
});
