import { once } from 'node:events';
import { test } from 'tap';
import type { StreamKeys } from '../../src/ingest/index.js';
import { MESSAGE } from '../../src/ingest/rtmp/chunk-reader.js';
import { withDeadline } from '../../src/platform/index.js';
import type { Media } from '../../src/streams/index.js';
import { AVC_CONFIG, encodeAmf0, nalUnit, RtmpClient, uint32 } from '../support/rtmp-client.js';
import { slugKeys, startIngest, until } from '../support/rtmp-harness.js';

function summary(media: Media): string {
  if (media.type === 'config') return `${media.config.kind} ${media.config.codecString}`;
  const { kind, dtsMs, ptsMs, isKey, payload } = media.frame;
  return `${kind} ${dtsMs}/${ptsMs}${isKey ? ' key' : ''} ${payload.length}`;
}

test('a publisher with the right key: start, media in order, clean end', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.open({ port: ingest.port });
  const status = await client.publish('key-anna');
  t.same(status, { level: 'status', code: 'NetStream.Publish.Start', description: 'The stream is published.' });
  client.sendConfigs();
  client.sendFrame(0);
  client.sendAudio(7, Buffer.from([0xaf, 1, 1, 2, 3]));
  client.sendFrame(40, { isKey: false, payload: nalUnit(10_000) });
  const [first] = ingest.received;
  const media = await first?.atLeast(5);
  t.same(media?.map(summary), ['video avc1.64000d', 'audio mp4a.40.2', 'video 0/0 key 68', 'audio 7/7 key 3', 'video 40/40 10004']);
  t.match(first?.publication, { protocol: 'rtmp', remoteAddress: '127.0.0.1', streamKeyId: 'id-of-key-anna', encoder: 'FMLE/3.0 (compatible; test)' });

  client.unpublish();
  t.same(await first?.ended(), { code: 'unpublished', message: 'the encoder stopped' });
  t.match(await client.waitForStatus(), { code: 'NetStream.Unpublish.Success' });
  await withDeadline(client.closed, 3_000);
  const line = await ingest.log.waitFor('connection ended');
  t.match(line, { level: 'info', fields: { reason: 'the encoder stopped', address: '127.0.0.1', channel: 'anna', droppedTags: 0 } });
  t.notMatch(JSON.stringify(ingest.log.lines), 'key-anna"', 'the key is in no line');
});

test('the key is checked before the start, and nothing that came early is lost', async (t) => {
  const order: string[] = [];
  const gate = new AbortController();
  const streamKeys: StreamKeys = {
    resolve: async (key) => {
      order.push('asked');
      await once(gate.signal, 'abort');
      order.push('known');
      return slugKeys.resolve(key);
    },
  };
  const ingest = await startIngest(t, { streamKeys });
  const client = await RtmpClient.open({ port: ingest.port });
  client.on('message', (message) => {
    if (message.type === MESSAGE.command && message.payload.includes('Publish.Start')) order.push('started');
  });
  const started = client.publish('key-anna');
  client.sendConfigs();
  client.sendFrame(0, { payload: nalUnit(200_000) });
  await client.waitFor((message) => message.type === MESSAGE.command);
  gate.abort();
  await started;
  t.same(order.slice(0, 3), ['asked', 'known', 'started']);
  t.same((await ingest.received[0]?.atLeast(3))?.map(summary), ['video avc1.64000d', 'audio mp4a.40.2', 'video 0/0 key 200004']);
  client.drop();
});

test('a wrong key gets the status that OBS and FFmpeg understand, and nothing of its media counts', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.open({ port: ingest.port });
  const status = client.publish('wrong');
  client.sendConfigs();
  client.sendFrame(0);
  t.same(await status, { level: 'error', code: 'NetStream.Publish.Denied', description: 'the stream key is not known' });
  await withDeadline(client.closed, 3_000);
  t.equal(ingest.received.length, 0);
  t.match(await ingest.log.waitFor('connection ended'), { level: 'warn', fields: { reason: 'the stream key is not known', during: 'authorizing' } });
  t.notMatch(JSON.stringify(ingest.log.lines), 'wrong', 'not even a wrong key is logged');
});

test('a failure behind the keys is told from a wrong key', async (t) => {
  const streamKeys: StreamKeys = { resolve: () => Promise.reject(new Error('database is away')) };
  const ingest = await startIngest(t, { streamKeys });
  const client = await RtmpClient.open({ port: ingest.port });
  t.match(await client.publish('key-anna'), { code: 'NetStream.Failed', description: 'the server could not check the stream key; try again' });
  t.match(await ingest.log.waitFor('connection ended'), { level: 'error', fields: { error: /database is away/ } });
});

test('a key may carry a query, the app a slash', async (t) => {
  const ingest = await startIngest(t);
  for (const app of ['live', 'live/', 'live?x=1']) {
    const client = await RtmpClient.publish({ port: ingest.port, app, key: 'key-anna?bandwidthtest=1' });
    client.drop();
  }
  t.same(ingest.received.map((one) => one.publication.channel.slug), ['anna', 'anna', 'anna']);
});

test('another app is refused by name', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.dial({ port: ingest.port });
  await client.handshake();
  client.connect('vod');
  const answer = await client.waitFor((message) => message.type === MESSAGE.command);
  t.ok(answer.payload.includes('NetConnection.Connect.InvalidApp'));
  t.ok(answer.payload.includes('the address must end in /live'));
  await withDeadline(client.closed, 3_000);
});

test('players are sent away', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.open({ port: ingest.port });
  client.command('play', null, 'key-anna');
  t.match(await client.waitForStatus(), { level: 'error', code: 'NetStream.Play.Failed' });
  await withDeadline(client.closed, 3_000);
});

test('a second publisher takes over; the first is told and hung up on', async (t) => {
  const ingest = await startIngest(t);
  const old = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const current = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  t.same(await old.waitForStatus(), { level: 'error', code: 'NetStream.Publish.BadName', description: 'another encoder started to publish to this channel' });
  await withDeadline(old.closed, 3_000);
  current.sendConfigs();
  t.equal((await ingest.received[1]?.atLeast(2))?.length, 2);
  t.match(ingest.log.lines.find((line) => line.message === 'newer publisher took over'), { level: 'warn' });
  current.drop();
});

test('a revoked key ends its publication within two seconds, even of an encoder that does not read', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const deaf = await RtmpClient.publish({ port: ingest.port, key: 'key-bert' });
  deaf.socket.pause();
  const startedMs = Date.now();
  const reason = { code: 'key-revoked', message: 'the stream key was revoked' } as const;
  ingest.broadcasts.endPublicationsOf('id-of-key-anna', reason);
  ingest.broadcasts.endPublicationsOf('id-of-key-bert', reason);
  t.same(await client.waitForStatus(), { level: 'error', code: 'NetStream.Publish.Denied', description: reason.message });
  t.same(await ingest.received[0]?.ended(), reason);
  await withDeadline(client.closed, 3_000);
  deaf.sendFrame(0);
  await until(() => ingest.server.connections === 0);
  t.ok(Date.now() - startedMs < 3_000, 'both sockets are gone');
  deaf.drop();
});

test('a lost connection is told from a stopped encoder', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  client.drop();
  t.match(await ingest.received[0]?.ended(), { code: 'connection-lost' });
  const polite = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  polite.socket.end();
  t.same(await ingest.received[1]?.ended(), { code: 'connection-lost', message: 'the client hung up' });
});

test('a codec that cannot be served is refused with the reason', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  client.sendVideo(0, Buffer.concat([Buffer.from([0x90]), Buffer.from('vvc1'), Buffer.alloc(40)]));
  const message = 'VVC is not supported: choose H.264, HEVC or AV1 video and AAC audio in the encoder';
  t.same(await client.waitForStatus(), { level: 'error', code: 'NetStream.Publish.Rejected', description: message });
  t.same(await ingest.received[0]?.ended(), { code: 'media-refused', message });
  await withDeadline(client.closed, 3_000);
  t.match(ingest.log.lines.filter((line) => line.level === 'warn'), [{ fields: { reason: message } }]);
});

test('an unreadable tag is dropped; fifty in a row end the stream', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const bad = Buffer.from([0x17, 0, 0, 0, 0, 9, 9]);
  for (let count = 0; count < 40; count++) client.sendVideo(0, bad);
  client.sendConfigs();
  t.equal((await ingest.received[0]?.atLeast(2))?.length, 2);
  t.equal(ingest.log.lines.filter((line) => line.message === 'unreadable media dropped').length, 1, 'one line, not forty');
  for (let count = 0; count < 51; count++) client.sendVideo(0, bad);
  t.match(await client.waitForStatus(), { code: 'NetStream.Publish.Rejected' });
  t.match(await ingest.received[0]?.ended(), { code: 'media-refused', message: /^51 tags in a row could not be read: / });
  t.match(await ingest.log.waitFor('connection ended'), { fields: { droppedTags: 91 } });
});

test('aggregate messages are taken apart', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const tag = (type: number, timestampMs: number, body: Buffer): Buffer => {
    const header = Buffer.alloc(11);
    header.writeUInt8(type, 0);
    header.writeUIntBE(body.length, 1, 3);
    header.writeUIntBE(timestampMs, 4, 3);
    return Buffer.concat([header, body, uint32(11 + body.length)]);
  };
  const config = Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), AVC_CONFIG]);
  const frame = Buffer.concat([Buffer.from([0x27, 1, 0, 0, 5]), nalUnit(10)]);
  client.send(MESSAGE.aggregate, 1000, Buffer.concat([tag(9, 20, config), tag(18, 20, Buffer.alloc(3)), tag(9, 60, frame)]));
  t.same((await ingest.received[0]?.atLeast(2))?.map(summary), ['video avc1.64000d', 'video 1040/1045 14']);
  client.drop();
});

test('received bytes are acknowledged in the window the client asks for, and pings are answered', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  client.send(MESSAGE.windowAckSize, 0, uint32(50_000), { chunkStream: 2, streamId: 0 });
  client.sendFrame(0, { payload: nalUnit(60_000) });
  const ack = await client.waitFor((message) => message.type === MESSAGE.acknowledgement);
  t.ok(ack.payload.readUInt32BE() >= 50_000);
  client.send(MESSAGE.userControl, 0, Buffer.concat([Buffer.from([0, 6]), uint32(12345)]), { chunkStream: 2, streamId: 0 });
  const pong = await client.waitFor((message) => message.type === MESSAGE.userControl);
  t.same(pong.payload, Buffer.concat([Buffer.from([0, 7]), uint32(12345)]));
  client.drop();
});

test('commands in AMF3 messages are read, and the encoder is named in the log by its metadata', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.open({ port: ingest.port });
  const publish = encodeAmf0(['publish', 9, null, 'key-anna', 'live']);
  client.send(MESSAGE.commandAmf3, 0, Buffer.concat([Buffer.from([0]), publish]));
  t.match(await client.waitForStatus(), { code: 'NetStream.Publish.Start' });
  client.send(MESSAGE.data, 0, encodeAmf0(['@setDataFrame', 'onMetaData', { width: 320, encoder: 'obs-output module\n(libobs version 30.2.3)' }]));
  client.unpublish();
  t.match(await ingest.log.waitFor('connection ended'), { fields: { encoder: 'obs-output module(libobs version 30.2.3)' } });
});

test('stop tells every encoder and leaves no socket', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const idle = await RtmpClient.dial({ port: ingest.port });
  const stopped = ingest.server.stop();
  t.equal(ingest.server.stop(), stopped, 'a second stop waits for the first');
  t.match(await client.waitForStatus(), { level: 'error', code: 'NetConnection.Connect.AppShutdown', description: 'the server is stopping' });
  await withDeadline(stopped, 4_000);
  await withDeadline(idle.closed, 1_000);
  t.equal(ingest.server.connections, 0);
  t.match(await ingest.received[0]?.ended(), { code: 'shutdown' });
});
