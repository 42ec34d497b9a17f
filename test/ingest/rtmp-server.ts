import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { withDeadline } from '../../src/platform/index.js';
import { MESSAGE } from '../../src/ingest/rtmp/chunk-reader.js';
import { clientHello, nalUnit, RtmpClient, uint32 } from '../support/rtmp-client.js';
import { startIngest, until } from '../support/rtmp-harness.js';

const GONE_MS = 3_000;

test('a connection that does not publish in time is dropped, wherever it stopped', async (t) => {
  const ingest = await startIngest(t, { config: { handshakeTimeoutSec: 0.3 } });
  const silent = await RtmpClient.dial({ port: ingest.port });
  const half = await RtmpClient.dial({ port: ingest.port });
  half.write(Buffer.concat([Buffer.from([3]), clientHello().subarray(0, 700)]));
  const connected = await RtmpClient.open({ port: ingest.port });
  await withDeadline(Promise.all([silent.closed, half.closed, connected.closed]), GONE_MS);
  t.same(ingest.log.lines.filter((line) => line.message === 'connection ended').map((line) => [line.fields.reason, line.fields.during]), [
    ['no publish command within 0.3 s', 'handshake'],
    ['no publish command within 0.3 s', 'handshake'],
    ['no publish command within 0.3 s', 'connecting'],
  ]);
});

test('a key that cannot be checked in time does not hold the connection', async (t) => {
  const ingest = await startIngest(t, { config: { handshakeTimeoutSec: 0.3 }, streamKeys: { resolve: () => new Promise(() => undefined) } });
  const client = await RtmpClient.open({ port: ingest.port });
  await t.rejects(client.publish('key-anna'), { message: /hung up/ });
  t.match(await ingest.log.waitFor('connection ended'), { fields: { during: 'authorizing' } });
});

test('a publisher that falls silent is lost, one that sends on is not', async (t) => {
  const ingest = await startIngest(t, { config: { idleTimeoutSec: 0.3 } });
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const lively = await RtmpClient.publish({ port: ingest.port, key: 'key-bert' });
  const beat = setInterval(() => lively.sendFrame(0), 50);
  t.teardown(() => clearInterval(beat));
  t.same(await ingest.received[0]?.ended(), { code: 'connection-lost', message: 'nothing came for 0.3 s' });
  await withDeadline(client.closed, GONE_MS);
  t.equal(ingest.received[1]?.publication.isClosed, false);
  lively.drop();
});

test('bytes that are not RTMP end their connection, with one line', async (t) => {
  const ingest = await startIngest(t);
  const http = await RtmpClient.dial({ port: ingest.port });
  http.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await withDeadline(http.closed, GONE_MS);
  t.match(ingest.log.lines.slice(1), [{ level: 'warn', message: 'connection ended', fields: { reason: 'handshake starts with 71; RTMP version 3 expected' } }]);
  t.equal(ingest.log.lines.length, 2);
});

test('messages before publish are small, media after it may be large, commands stay small', async (t) => {
  const ingest = await startIngest(t, { config: { maxMessageKiB: 128 } });
  const early = await RtmpClient.open({ port: ingest.port });
  early.send(MESSAGE.video, 0, Buffer.alloc(65_537));
  await withDeadline(early.closed, GONE_MS);
  const large = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  large.sendConfigs();
  large.sendFrame(0, { payload: nalUnit(131_000) });
  await ingest.received[0]?.atLeast(3);
  large.sendFrame(0, { payload: nalUnit(131_100) });
  t.match(await ingest.received[0]?.ended(), { code: 'connection-lost', message: 'message of type 9 has 131109 bytes; at most 131072 are taken' });
  const command = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  command.send(MESSAGE.command, 0, Buffer.alloc(65_537));
  t.match(await ingest.received[1]?.ended(), { message: 'message of type 20 has 65537 bytes; at most 65536 are taken' });
});

test('each bound ends its connection with its rule', async (t) => {
  const ingest = await startIngest(t);
  const misdeeds: [string, (client: RtmpClient) => void][] = [
    ['chunk size is 0; 1 to 8388608 are taken', (client) => client.send(MESSAGE.setChunkSize, 0, uint32(0), { chunkStream: 2 })],
    ['more than 32 chunk streams', (client) => {
      for (let id = 10; id < 50; id++) client.send(MESSAGE.acknowledgement, 0, uint32(0), { chunkStream: id });
    }],
    ['more than 32 commands before publish', (client) => {
      for (let count = 0; count < 40; count++) client.command('createStream', null);
    }],
    ['AMF0 values are nested deeper than 8', (client) => client.send(MESSAGE.command, 0, Buffer.concat([...Array.from({ length: 12 }, () => Buffer.from([10, 0, 0, 0, 1])), Buffer.from([5])]))],
    ['connect came twice', (client) => client.connect('live')],
    ['publish names no stream', (client) => client.command('publish', null, 5)],
  ];
  for (const [rule, misbehave] of misdeeds) {
    const client = await RtmpClient.open({ port: ingest.port });
    misbehave(client);
    await withDeadline(client.closed, GONE_MS);
    t.equal(ingest.log.lines.at(-1)?.fields.reason, rule);
  }
});

test('a bitrate over the limit is refused with the reason', async (t) => {
  const ingest = await startIngest(t, { config: { maxBitrateKbps: 1000 } });
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  for (let count = 0; count < 30; count++) client.sendFrame(count, { payload: nalUnit(50_000) });
  const message = 'more than 1000 kbps over 10 s: lower the bitrate in the encoder';
  t.same(await ingest.received[0]?.ended(), { code: 'media-refused', message });
  t.match(await client.waitForStatus(), { code: 'NetStream.Publish.Rejected', description: message });
});

test('a client that asks and does not read is dropped', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  client.socket.pause();
  const ping = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0]), Buffer.from([0, 6]), uint32(1)]);
  const pings = Buffer.concat(Array.from({ length: 20_000 }, () => ping));
  const pump = (): void => {
    while (!client.socket.destroyed && client.socket.write(pings));
  };
  client.socket.on('drain', pump);
  pump();
  t.match(await ingest.received[0]?.ended(), { code: 'connection-lost', message: 'the client does not read' });
  client.drop();
});

test('connections are bounded by address and in all, and room that is freed is used again', async (t) => {
  const ingest = await startIngest(t, { config: { maxConnections: 3, maxConnectionsPerAddress: 2 } });
  const first = await RtmpClient.publish({ port: ingest.port, key: 'key-anna' });
  const second = await RtmpClient.publish({ port: ingest.port, key: 'key-bert' });
  const third = await RtmpClient.dial({ port: ingest.port });
  await withDeadline(third.closed, GONE_MS);
  const elsewhere = await RtmpClient.publish({ port: ingest.port, key: 'key-cleo', localAddress: '127.0.0.2' });
  const full = await RtmpClient.dial({ port: ingest.port, localAddress: '127.0.0.3' });
  await withDeadline(full.closed, GONE_MS);
  t.same(ingest.log.lines.filter((line) => line.message === 'connections refused').map((line) => line.fields), [
    { reason: '2 connections are open from this address', address: '127.0.0.1', count: 1 },
    { reason: '3 connections are open', address: '127.0.0.3', count: 1 },
  ]);
  first.unpublish();
  await until(() => ingest.server.connections === 2);
  const again = await RtmpClient.publish({ port: ingest.port, key: 'key-dora' });
  for (const client of [second, elsewhere, again]) client.drop();
});

test('wrong keys block their address, and only it', async (t) => {
  const ingest = await startIngest(t, { config: { wrongKeysPerMinute: 3 } });
  for (let attempt = 0; attempt < 3; attempt++) {
    const client = await RtmpClient.open({ port: ingest.port });
    t.match(await client.publish('guess'), { code: 'NetStream.Publish.Denied', description: 'the stream key is not known' });
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    const client = await RtmpClient.dial({ port: ingest.port });
    await withDeadline(client.closed, GONE_MS);
  }
  t.same(ingest.log.lines.filter((line) => line.message === 'connections refused').map((line) => line.fields), [
    { reason: 'too many wrong stream keys', address: '127.0.0.1', count: 1 },
  ]);
  const other = await RtmpClient.publish({ port: ingest.port, key: 'key-anna', localAddress: '127.0.0.2' });
  other.drop();
});

test('attempts that began before the block are refused too', async (t) => {
  const ingest = await startIngest(t, { config: { wrongKeysPerMinute: 1 } });
  const first = await RtmpClient.open({ port: ingest.port });
  const second = await RtmpClient.open({ port: ingest.port });
  await first.publish('guess');
  t.match(await second.publish('key-anna'), { code: 'NetStream.Publish.Denied', description: 'too many wrong stream keys from this address; try again in a minute' });
});

test('RTMPS takes the same streams', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtmps-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const certFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost', '-days', '1'];
  execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  const ingest = await startIngest(t, { config: { tls: { port: 0, certFile, keyFile }, handshakeTimeoutSec: 1, maxConnections: 2 } });
  const port = ingest.server.tlsPort ?? 0;
  const client = await RtmpClient.publish({ port, tls: true, key: 'key-anna' });
  client.sendConfigs();
  client.sendFrame(0, { payload: nalUnit(300_000) });
  t.equal((await ingest.received[0]?.atLeast(3))?.length, 3);
  t.match(ingest.received[0]?.publication, { protocol: 'rtmps', remoteAddress: '127.0.0.1' });
  client.unpublish();
  t.match(await client.waitForStatus(), { code: 'NetStream.Unpublish.Success' });
  await withDeadline(client.closed, GONE_MS);

  const plain = await RtmpClient.dial({ port });
  plain.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  const silent = await RtmpClient.dial({ port });
  await withDeadline(Promise.all([plain.closed, silent.closed]), GONE_MS);
  const [one, two] = [await RtmpClient.publish({ port, tls: true, key: 'key-anna' }), await RtmpClient.publish({ port, tls: true, key: 'key-bert' })];
  await t.rejects(RtmpClient.dial({ port, tls: true }), 'a third is dropped before its TLS handshake');
  one.drop();
  two.drop();
  await until(() => ingest.server.connections === 0); // failed TLS handshakes are not counted for ever
});

test('a certificate that cannot be used is named', async (t) => {
  const tls = { port: 0, certFile: 'package.json', keyFile: 'none.pem' };
  await t.rejects(startIngest(t, { config: { tls } }), { code: 'certificate_unusable', message: /certFile package.json with keyFile none.pem: ENOENT/ });
  await t.rejects(startIngest(t, { config: { tls: { ...tls, keyFile: 'package.json' } } }), { code: 'certificate_unusable' });
});

test('a taken port is named', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const address = other.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  await t.rejects(startIngest(t, { config: { port } }), { code: 'rtmp_not_listening', message: `RTMP cannot listen on port ${port}; another program may be using it` });
});
