import t from 'tap';
import { Broadcasts } from '../../src/streams/index.js';
import type { BroadcastStore, CloseReason, LeftBroadcast } from '../../src/streams/index.js';
import { recordingLog } from '../support/log.js';

const KEY = 'key-1';
const LOST: CloseReason = { code: 'connection-lost', message: 'the connection ended' };

const publisher = (channelId = 'c1', streamKeyId = KEY) => ({
  channel: { id: channelId, slug: `slug-${channelId}`, title: channelId, ladder: undefined },
  streamKeyId, protocol: 'rtmp' as const, remoteAddress: '192.0.2.1', encoder: 'test',
});

/** Rows as the database would have them; each write can be held up or made to fail. */
class Rows implements BroadcastStore {
  readonly rows = new Map<string, { channelId: string; reason: string | undefined }>();
  readonly ends: string[] = [];
  beforeInsert = (): Promise<void> => Promise.resolve();
  beforeEnd = (): Promise<void> => Promise.resolve();

  async insert({ id, channelId }: { id: string; channelId: string }): Promise<void> {
    await this.beforeInsert();
    this.rows.set(id, { channelId, reason: undefined });
  }

  async end({ id, reason }: { id: string; reason: string }): Promise<void> {
    this.ends.push(id);
    await this.beforeEnd();
    const row = this.rows.get(id);
    if (row) row.reason ??= reason;
  }

  /** What a stop left. */
  left: LeftBroadcast[] = [];

  async listLive(): Promise<LeftBroadcast[]> {
    return this.left;
  }

  get reasons(): (string | undefined)[] {
    return [...this.rows.values()].map(({ reason }) => reason);
  }
}

function registry(options: { graceMs?: number; ownerEndHoldMs?: number; returning?: string[] } = {}) {
  const store = new Rows();
  const log = recordingLog();
  const findReturning = async ({ id, channelId }: LeftBroadcast) => (options.returning?.includes(id) ? publisher(channelId).channel : undefined);
  const broadcasts = new Broadcasts({ store, findReturning, graceMs: options.graceMs ?? 60_000, ownerEndHoldMs: options.ownerEndHoldMs ?? 0, log });
  const events: string[] = [];
  broadcasts.on('started', ({ channel }) => events.push(`started ${channel.id}`));
  broadcasts.on('ended', ({ channel }, { code }) => events.push(`ended ${channel.id} ${code}`));
  return { broadcasts, store, log, events };
}

function held(): { promise: Promise<void>; release: () => void; fail: (error: Error) => void } {
  let release: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => { release = resolve; fail = reject; });
  return { promise, release, fail };
}

t.test('what a stop of the server left live goes on, or is ended and said', async (t) => {
  const { broadcasts, store, log, events } = registry({ returning: ['young'] });
  const startedAt = new Date('2026-01-01T00:00:00Z');
  store.left = [{ id: 'old', channelId: 'c1', startedAt }, { id: 'young', channelId: 'c2', startedAt }];
  await broadcasts.start();
  t.same(store.ends, ['old']);
  t.match(log.lines.filter(({ level }) => level === 'warn'), [{ fields: { broadcast: 'old' } }]);
  t.match(broadcasts.list(), [{ id: 'young', state: 'reconnecting', startedAt, publication: undefined }]);
  await broadcasts.publish(publisher('c2'));
  t.match(broadcasts.list(), [{ id: 'young', state: 'starting' }], 'its encoder continues it');
  t.same(events, ['started c2']);
  await broadcasts.stop();
});

t.test('without a grace nothing goes on after a stop', async (t) => {
  const { broadcasts, store } = registry({ returning: ['young'], graceMs: 0 });
  store.left = [{ id: 'young', channelId: 'c2', startedAt: new Date() }];
  await broadcasts.start();
  t.same([store.ends, broadcasts.list()], [['young'], []]);
});

t.test('one broadcast for a channel; it is found by slug while on air', async (t) => {
  const { broadcasts, store, events } = registry();
  const first = await broadcasts.publish(publisher());
  const second = await broadcasts.publish(publisher());
  await broadcasts.publish(publisher('c2'));
  t.ok(first.isClosed && !second.isClosed);
  t.equal(broadcasts.list().length, 2);
  t.equal(broadcasts.findBySlug('slug-c1'), broadcasts.findBySlug('slug-c1'));
  t.equal(broadcasts.findBySlug('slug-c1')?.publication, second);
  second.close({ code: 'unpublished', message: 'done' });
  t.equal(broadcasts.findBySlug('slug-c1'), undefined);
  t.strictSame(events, ['started c1', 'started c2', 'ended c1 unpublished']);
  await broadcasts.stop();
  t.same(store.reasons, ['done', undefined], 'what was on air may go on after the stop');
});

t.test('a return within the grace continues the same broadcast and row', async (t) => {
  const { broadcasts, store } = registry();
  const first = await broadcasts.publish(publisher());
  const broadcast = broadcasts.findBySlug('slug-c1');
  first.close(LOST);
  t.equal(broadcast?.state, 'reconnecting');
  await broadcasts.publish(publisher());
  t.equal(broadcasts.findBySlug('slug-c1'), broadcast);
  t.equal(store.rows.size, 1);
  await broadcasts.stop();
});

t.test('a revoked key ends what was published with it, and nothing else', async (t) => {
  const { broadcasts, events } = registry();
  const revoked = await broadcasts.publish(publisher('c1', 'bad'));
  const other = await broadcasts.publish(publisher('c2', 'good'));
  broadcasts.endPublicationsOf('bad', { code: 'key-revoked', message: 'the stream key was revoked' });
  t.ok(revoked.isClosed && !other.isClosed);
  t.strictSame(events, ['started c1', 'started c2', 'ended c1 key-revoked']);
  await broadcasts.stop();
});

t.test('a revoked key ends what waits for its encoder to come back', async (t) => {
  const { broadcasts, events } = registry();
  (await broadcasts.publish(publisher('c1', 'bad'))).close(LOST);
  broadcasts.endPublicationsOf('bad', { code: 'key-revoked', message: 'the stream key was revoked' });
  t.strictSame(events, ['started c1', 'ended c1 key-revoked']);
  await broadcasts.stop();
});

t.test('a row that cannot be written leaves no ghost on air', async (t) => {
  const { broadcasts, store, events } = registry();
  store.beforeInsert = () => Promise.reject(new Error('database is gone'));
  await t.rejects(broadcasts.publish(publisher()), { message: 'database is gone' });
  t.same(broadcasts.list(), []);
  t.strictSame(events, ['started c1', 'ended c1 shutdown'], 'rooms that opened something for it close it');
  t.same(store.ends, [], 'there is no row to end');
  store.beforeInsert = () => Promise.resolve();
  t.notOk((await broadcasts.publish(publisher())).isClosed, 'the channel can go live once the database is back');
  await broadcasts.stop();
});

t.test('two publishers at once: the later one stays', async (t) => {
  const { broadcasts, store } = registry();
  const gate = held();
  store.beforeInsert = () => gate.promise;
  const [earlier, later] = [broadcasts.publish(publisher()), broadcasts.publish(publisher())];
  gate.release();
  t.ok((await earlier).isClosed);
  t.notOk((await later).isClosed);
  t.equal(store.rows.size, 1);
  await broadcasts.stop();
});

t.test('a key revoked while the row is written ends the publication, and the row', async (t) => {
  const { broadcasts, store } = registry();
  const gate = held();
  store.beforeInsert = () => gate.promise;
  const opening = broadcasts.publish(publisher());
  broadcasts.endPublicationsOf(KEY, { code: 'key-revoked', message: 'the stream key was revoked' });
  gate.release();
  t.ok((await opening).isClosed);
  await broadcasts.stop();
  t.same(store.reasons, ['the stream key was revoked'], 'the end is stored after the beginning');
});

t.test('stop waits until each end is stored, once', async (t) => {
  const { broadcasts, store } = registry();
  const early = await broadcasts.publish(publisher('c1'));
  await broadcasts.publish(publisher('c2'));
  const gate = held();
  store.beforeEnd = () => gate.promise;
  early.close({ code: 'unpublished', message: 'done' });
  let hasStopped = false;
  const stopping = broadcasts.stop().then(() => { hasStopped = true; });
  await new Promise(setImmediate);
  t.notOk(hasStopped, 'an end that is still being written holds the stop, an earlier one too');
  gate.release();
  await stopping;
  t.same(store.reasons, ['done', undefined], 'what was on air may go on after the stop');
  await broadcasts.stop();
  t.equal(store.ends.length, 1, 'a second stop has nothing to do');
});

t.test('an end that cannot be stored is logged and holds nobody up', async (t) => {
  const { broadcasts, store, log } = registry();
  const camera = await broadcasts.publish(publisher());
  store.beforeEnd = () => Promise.reject(new Error('database is gone'));
  camera.close({ code: 'unpublished', message: 'done' });
  await broadcasts.stop();
  t.match(log.lines.filter(({ level }) => level === 'error'), [{ message: 'end of broadcast could not be stored', fields: { error: 'database is gone' } }]);
});

t.test('a key that is revoked between its check and its publication opens nothing', async (t) => {
  const { broadcasts, events } = registry();
  broadcasts.endPublicationsOf(KEY, { code: 'key-revoked', message: 'the stream key was revoked' });
  const publication = await broadcasts.publish(publisher());
  t.equal(publication.isClosed, true);
  t.same(events, [], 'nobody saw a broadcast');
});

t.test('a new title, ladder and latency show on the broadcast that is on air', async (t) => {
  const { broadcasts } = registry();
  await broadcasts.publish(publisher());
  broadcasts.updateChannel('c1', { title: 'Sunday sailing', ladder: ['480p'], latency: 'stable' });
  t.match(broadcasts.findBySlug('slug-c1')?.channel, { title: 'Sunday sailing', ladder: ['480p'], latency: 'stable' });
  broadcasts.updateChannel('c1', { title: 'Sunday sailing', ladder: undefined });
  t.equal(broadcasts.findBySlug('slug-c1')?.channel.ladder, undefined, 'back to the setting of the server');
  broadcasts.updateChannel('c2', { title: 'not on air', ladder: 'off' });
  await broadcasts.stop();
});

t.test('an encoder that reconnects by itself does not undo "End stream"', async (t) => {
  const { broadcasts, events } = registry({ ownerEndHoldMs: 60_000 });
  await broadcasts.publish(publisher());
  broadcasts.findBySlug('slug-c1')?.end({ code: 'ended-by-owner', message: 'the stream was ended in the studio' });
  await t.rejects(broadcasts.publish(publisher()), { code: 'stream_ended_lately' });
  t.same(events, ['started c1', 'ended c1 ended-by-owner']);
});
