import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { ADA, BOB, openDatabase, serveAccounts, signInOf } from '../../support/accounts.js';
import { makePicture, ONE_JPEG, ONE_PNG, pixelsOf } from '../../support/pictures.js';

const dataDir = mkdtempSync(path.join(tmpdir(), 'tidemark-'));
t.after(() => rmSync(dataDir, { recursive: true, force: true }));
const db = await openDatabase(t, { url: '', dataDir });

async function start(t: Test) {
  const server = await serveAccounts(t, { db });
  const sign = async (body: object): Promise<string> => signInOf(await server.api('POST', '/auth/register', { body })).accessToken;
  const [admin, bob, eve] = [await sign(ADA), await sign(BOB), await sign({ username: 'eve', email: 'eve@example.org', password: 'sea of crises' })];
  const address = `${server.url}/api/v1/channels/bob/slate`;
  const put = async (bytes: Buffer, { token = bob, type = 'image/png' } = {}) => {
    const response = await fetch(address, { method: 'PUT', headers: { authorization: `Bearer ${token}`, 'content-type': type }, body: new Uint8Array(bytes) });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const shown = async () => {
    const response = await fetch(address);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  return { ...server, admin, bob, eve, address, put, shown };
}

t.test('everybody sees the default, then the channel\'s own picture, then the default again', async (t) => {
  const { api, put, shown, bob, address } = await start(t);
  const standard = readFileSync('config/slate.png');
  const first = await shown();
  t.match(first.response, { status: 200 });
  t.equal(first.response.headers.get('content-type'), 'image/png');
  t.ok(first.bytes.equals(standard));
  t.match((await api('GET', '/channels/bob', { token: bob })).body, { channel: { slate: { url: '/api/v1/channels/bob/slate', isOwn: false } } });

  t.match(await put(makePicture('red', ONE_JPEG), { type: 'image/jpeg' }), { status: 200, body: { channel: { slate: { url: /^\/api\/v1\/channels\/bob\/slate\?v=[0-9a-f]{16}$/, isOwn: true } } } });
  const own = await shown();
  t.equal(own.response.headers.get('cache-control'), 'no-cache');
  t.equal(own.response.headers.get('x-content-type-options'), 'nosniff');
  t.same([...pixelsOf(own.bytes).subarray(0, 3)].map((value) => value > 128), [true, false, false]);
  const again = await fetch(address, { headers: { 'if-none-match': own.response.headers.get('etag') ?? '', 'cache-control': 'max-age=0' } });
  t.equal(again.status, 304, 'it is not sent twice');
  t.notHas((await api('GET', '/channels/bob')).body, { channel: { slate: {} } }, 'a visitor sees no settings');

  t.match(await api('DELETE', '/channels/bob/slate', { token: bob }), { status: 200, body: { channel: { slate: { isOwn: false } } } });
  t.ok((await shown()).bytes.equals(standard));
});

t.test('only its owner and admins change it', async (t) => {
  const { api, put, shown, admin, eve, address } = await start(t);
  const picture = makePicture('red', ONE_PNG);
  t.match(await put(picture, { token: eve }), { status: 403, body: { code: 'channel_not_yours' } });
  t.match(await put(Buffer.alloc(6 << 20), { token: eve }), { status: 403 }, 'before its size is looked at');
  t.equal((await fetch(address, { method: 'PUT', body: new Uint8Array(picture) })).status, 401);
  t.match(await api('DELETE', '/channels/bob/slate', { token: eve }), { status: 403 });
  t.match(await api('GET', '/channels/nobody/slate'), { status: 404, body: { code: 'channel_unknown' } });
  t.match(await put(picture, { token: admin }), { status: 200 });
  t.not((await shown()).bytes.length, readFileSync('config/slate.png').length);
});

t.test('what is no fit picture is refused with the reason, and the one before stays', async (t) => {
  const { put, shown } = await start(t);
  const png = makePicture('testsrc2=s=640x480', ONE_PNG);
  await put(png);
  const before = (await shown()).bytes;
  const unknown = { status: 415, body: { code: 'picture_type_unknown' } };
  const damaged = { status: 422, body: { code: 'picture_damaged' } };
  const jpeg = makePicture('testsrc2=s=640x480', ONE_JPEG);

  t.match(await put(Buffer.from('#!/bin/sh\nreboot\n')), unknown, 'a script');
  t.match(await put(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')), unknown, 'SVG');
  t.match(await put(makePicture('red', ['-frames:v', '1', '-f', 'gif'])), unknown, 'GIF');
  t.match(await put(Buffer.alloc(0)), unknown, 'nothing');
  t.match(await put(Buffer.from('{}'), { type: 'application/json' }), unknown, 'JSON');
  t.match(await put(Buffer.from('#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n')), unknown, 'a playlist');
  t.match(await put(png.subarray(0, png.length / 2)), damaged, 'half a PNG');
  t.match(await put(jpeg.subarray(0, jpeg.length / 2)), damaged, 'half a JPEG');
  t.match(await put(png.subarray(0, 20)), damaged, 'a signature');
  t.match(await put(Buffer.concat([png.subarray(0, 200), Buffer.alloc(20_000, 7)])), damaged, 'noise after a good head');
  t.match(await put(makePicture('color=red,format=rgb24,crop=1:1', ONE_PNG)), { status: 422, body: { code: 'picture_not_usable', detail: /1 × 1 pixels/ } });
  t.match(await put(sized(png, 10_000, 10_000)), { status: 422, body: { code: 'picture_not_usable', detail: /10000 × 10000 pixels.*90 to 4096/ } });
  t.match(await put(makePicture('testsrc2=s=640x480', ['-frames:v', '2', '-f', 'apng'])), { status: 422, body: { code: 'picture_not_usable', detail: /animation/ } });
  t.match(await put(Buffer.concat([png, Buffer.alloc(5 << 20)])), { status: 413, body: { code: 'picture_too_large', detail: /at most 5 MB/ } });

  t.ok((await shown()).bytes.equals(before));
});

/** Says that it is larger than it is. */
function sized(png: Buffer, width: number, height: number): Buffer {
  const claimed = Buffer.from(png);
  claimed.writeUInt32BE(width, 16);
  claimed.writeUInt32BE(height, 20);
  return claimed;
}
