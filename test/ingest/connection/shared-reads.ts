import { once } from 'node:events';
import { Socket } from 'node:net';
import { test } from 'tap';
import type { StreamKeys } from '../../../src/ingest/index.js';
import { SharedReads } from '../../../src/ingest/connection/shared-reads.js';
import { withDeadline } from '../../../src/platform/index.js';
import type { Media } from '../../../src/streams/index.js';
import { RtmpClient, uint32 } from '../../support/rtmp-client.js';
import { slugKeys, startIngest, until } from '../../support/rtmp-harness.js';

/** A NAL unit that is full of one byte. */
function nalUnitOf(byte: number, sizeBytes: number): Buffer {
  return Buffer.concat([uint32(sizeBytes), Buffer.from([0x65]), Buffer.alloc(sizeBytes - 1, byte)]);
}

function payloadOf(media: Media | undefined): Buffer | undefined {
  return media?.type === 'frame' ? media.frame.payload : undefined;
}

/** Keys that are checked once the gate is open. */
function gatedKeys(): { streamKeys: StreamKeys; asked: Promise<unknown>; open: () => void } {
  const [asked, gate] = [new AbortController(), new AbortController()];
  const resolve: StreamKeys['resolve'] = async (key) => {
    if (key !== 'key-anna') return slugKeys.resolve(key);
    const opened = once(gate.signal, 'abort');
    asked.abort();
    await opened;
    return slugKeys.resolve(key);
  };
  return { streamKeys: { resolve }, asked: once(asked.signal, 'abort'), open: () => gate.abort() };
}

test('what publishers send at the same time stays apart, and stays as it was', async (t) => {
  const ingest = await startIngest(t);
  const clients = [];
  for (const slug of ['anna', 'bert', 'cleo']) clients.push(await RtmpClient.publish({ port: ingest.port, key: `key-${slug}` }));
  // Around the sizes of a read, of a slab and of what is carved from one, with small ones in between.
  const sizes = [40, 65_535, 12, 65_536, 65_537, 300, 262_144, 5, 131_072, 70_000, 9];
  const sent = clients.map((_, who) => sizes.map((size, i) => nalUnitOf(16 * (who + 1) + i, size)));
  for (const i of sizes.keys()) {
    clients.forEach((client, who) => client.sendFrame(i * 40, { isKey: i === 0, payload: sent[who]?.[i] ?? Buffer.alloc(0) }));
    // Each reads its share before the next comes, so that one memory serves all in turn.
    await Promise.all(ingest.received.map((one) => one.atLeast(i + 1)));
  }
  for (const [who, received] of ingest.received.entries()) {
    t.same(received.media.map((media, i) => payloadOf(media)?.equals(sent[who]?.[i] ?? Buffer.alloc(0))), sizes.map(() => true));
  }
  for (const client of clients) client.drop();
});

test('while a key is checked, what comes waits in the socket', async (t) => {
  const { streamKeys, asked, open } = gatedKeys();
  const ingest = await startIngest(t, { streamKeys });
  const eager = await RtmpClient.open({ port: ingest.port });
  const started = eager.publish('key-anna');
  eager.sendConfigs();
  const frames = Array.from({ length: 40 }, (_, i) => nalUnitOf(i, 500_000));
  frames.forEach((payload, i) => eager.sendFrame(i * 40, { payload }));
  await withDeadline(asked, 3_000);
  // Another publisher is served meanwhile: the server had every chance to read on.
  const other = await RtmpClient.publish({ port: ingest.port, key: 'key-bert' });
  for (const i of frames.keys()) other.sendFrame(i * 40);
  await ingest.received[0]?.atLeast(frames.length);
  t.ok(eager.socket.writableLength > 1_000_000, 'the kernel is full, the server has not taken it');
  open();
  t.match(await started, { code: 'NetStream.Publish.Start' });
  const media = await ingest.received[1]?.atLeast(frames.length + 2);
  t.same(media?.slice(2).map((one, i) => payloadOf(one)?.equals(frames[i] ?? Buffer.alloc(0))), frames.map(() => true), 'and nothing of it is lost');
  for (const client of [eager, other]) client.drop();
});

test('an encoder that hangs up while its key is checked is gone at once', async (t) => {
  const { streamKeys, asked, open } = gatedKeys();
  const ingest = await startIngest(t, { streamKeys });
  const client = await RtmpClient.open({ port: ingest.port });
  client.command('publish', null, 'key-anna', 'live');
  await withDeadline(asked, 3_000);
  client.socket.end();
  t.match(await ingest.log.waitFor('connection ended'), { fields: { reason: 'the client hung up', during: 'authorizing' } });
  await until(() => ingest.server.connections === 0);
  open();
  await withDeadline(client.closed, 3_000);
});

test('a socket without a handle that can be taken goes on as it is', async (t) => {
  const socket = new Socket();
  t.equal(new SharedReads().adopt(socket), socket);
  t.notOk(socket.destroyed);
});
