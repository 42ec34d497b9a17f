import sharp from 'sharp';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { makeEmotePicture } from '../../src/chat/emotes/picture.js';
import { openDatabase } from '../support/accounts.js';
import { said } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';

const emote = z.object({ emote: z.object({ id: z.uuid(), code: z.string(), url: z.string(), isAnimated: z.boolean() }) });

/** A plain picture. */
function picture(format: 'png' | 'jpeg' | 'webp' | 'gif', width = 300, height = 200, red = 200): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: red, g: 80, b: 40 } } }).toFormat(format).toBuffer();
}

/** A film of noise, or of one colour after the other. */
async function film(frames: number, width = 64, height = 64): Promise<Buffer> {
  const raw = Buffer.alloc(width * height * frames * 3);
  for (let frame = 0; frame < frames; frame++) raw.fill((frame * 37) % 256, frame * width * height * 3, (frame + 1) * width * height * 3);
  return sharp(raw, { raw: { width, height: height * frames, channels: 3, pageHeight: height } }).gif({ loop: 0, delay: 50 }).toBuffer();
}

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2);

t.test('what comes out is a small WebP, whatever went in', async (t) => {
  for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
    const { bytes, isAnimated } = await makeEmotePicture(await picture(format));
    t.match(await sharp(bytes).metadata(), { format: 'webp', width: 112, height: 75 }, format);
    t.notOk(isAnimated);
  }
  t.match(await sharp((await makeEmotePicture(await picture('png', 20, 10))).bytes).metadata(), { width: 20, height: 10 }, 'small ones stay small');
});

t.test('what moves goes on moving', async (t) => {
  const { bytes, isAnimated } = await makeEmotePicture(await film(10, 200, 100));
  t.ok(isAnimated);
  t.match(await sharp(bytes, { animated: true }).metadata(), { format: 'webp', pages: 10, width: 112, pageHeight: 56 });
});

t.test('nothing of an upload is kept but pixels', async (t) => {
  const secret = 'where it was taken';
  const png = await sharp(await picture('png')).withExif({ IFD0: { ImageDescription: secret } }).toBuffer();
  const polyglot = Buffer.concat([png, Buffer.from('<script>alert(1)</script>PK\x03\x04')]);
  const { bytes } = await makeEmotePicture(polyglot);
  t.equal(bytes.indexOf('<script>'), -1);
  t.equal(bytes.indexOf(secret), -1);
});

t.test('hostile files get a clear error', async (t) => {
  const png = await picture('png');
  const huge = Buffer.from(png);
  huge.writeUInt32BE(60_000, 16); // width and height in IHDR
  huge.writeUInt32BE(60_000, 20);
  const wide = await picture('png', 4_000, 2_000);
  const cases: [string, Buffer, string][] = [
    ['nothing', Buffer.alloc(0), 'chat_emote_type'],
    ['text', Buffer.from('hello'), 'chat_emote_type'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>'), 'chat_emote_type'],
    ['SVG after an XML head', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), 'chat_emote_type'],
    ['PDF', Buffer.from('%PDF-1.7\n1 0 obj'), 'chat_emote_type'],
    ['TIFF', await sharp(png).tiff().toBuffer(), 'chat_emote_type'],
    ['AVIF', await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).avif({ effort: 0 }).toBuffer(), 'chat_emote_type'],
    ['only a head', png.subarray(0, 8), 'chat_emote_damaged'],
    ['half a PNG', half(png), 'chat_emote_damaged'],
    ['half a JPEG', half(await picture('jpeg')), 'chat_emote_damaged'],
    ['half a WebP', half(await picture('webp')), 'chat_emote_damaged'],
    ['half a film', half(await film(10)), 'chat_emote_damaged'],
    ['a head that lies', huge, 'chat_emote_damaged'],
    ['another format behind the head', Buffer.concat([Buffer.from('GIF89a'), png]), 'chat_emote_damaged'],
    ['too many pixels', wide, 'chat_emote_size'],
    ['too many frames', await film(121, 4, 4), 'chat_emote_size'],
    ['too many pixels of all frames', await film(40, 1_000, 1_000), 'chat_emote_size'],
  ];
  for (const [what, upload, code] of cases) await t.rejects(makeEmotePicture(upload), { code, expose: true }, what);
});

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    const start = async (t: Test) => {
      const site = await openChatSite(t, db);
      const ada = await site.guest('ada');
      const put = (code: string, body: Buffer, token = ada.token, channel = 'ada') =>
        fetch(`${site.url}/api/v1/channels/${channel}/emotes/${code}`, { method: 'PUT', headers: { authorization: `Bearer ${token}`, 'content-type': 'image/png' }, body: new Uint8Array(body) });
      return { ...site, ada, put };
    };

    t.test('an emote is uploaded, told to the room, listed, and sent for ever', async (t) => {
      const { ada, api, put, url } = await start(t);
      const answer = await put('Wave', await picture('png'));
      const { emote: made } = emote.parse(await answer.json());
      t.match(made, { code: 'Wave', url: /^\/emotes\/[0-9a-f]{32}\.webp$/, isAnimated: false });
      t.match(await ada.heard('room-changed'), { emotes: [made] });
      t.match(await ada.heard('acted'), { entry: { act: 'add-emote', actor: 'ada', detail: { code: 'Wave' } } });
      t.same((await api('GET', '/channels/ada/emotes')).body, { emotes: [made] });
      t.match(await ada.get('join-room', { channel: 'ada' }), { room: { emotes: [made] } });
      const sent = await fetch(url + made.url);
      t.same([sent.status, sent.headers.get('content-type'), sent.headers.get('cache-control'), sent.headers.get('x-content-type-options')], [200, 'image/webp', 'public, max-age=31536000, immutable', 'nosniff']);
      t.match(await sharp(Buffer.from(await sent.arrayBuffer())).metadata(), { format: 'webp', width: 112 });
    });

    t.test('an emote is one in emote-only chat', async (t) => {
      const { ada, guest, put } = await start(t);
      await put('Wave', await picture('png'));
      await ada.get('set-modes', { channel: 'ada', modes: { isEmoteOnly: true } });
      const bob = await guest('bob');
      t.match(await bob.ask('chat-message', said('ada', ':Wave: :Wave:')), { ok: true });
      t.match(await bob.ask('chat-message', said('ada', ':Other:')), { ok: false, code: 'chat_text_emote_only' });
    });

    t.test('a code has one picture, in whatever case it is written', async (t) => {
      const { api, put, url } = await start(t);
      const first = emote.parse(await (await put('Wave', await picture('png'))).json()).emote;
      const second = emote.parse(await (await put('WAVE', await film(3))).json()).emote;
      t.same((await api('GET', '/channels/ada/emotes')).body, { emotes: [second] });
      t.ok(second.isAnimated);
      t.equal((await fetch(url + first.url)).status, 404, 'the old picture is gone');
    });

    t.test('what two emotes share stays until both are gone', async (t) => {
      const { ada, api, put, url } = await start(t);
      const same = await picture('gif');
      const { emote: made } = emote.parse(await (await put('one', same)).json());
      await put('two', same);
      const remove = (code: string) => api('DELETE', `/channels/ada/emotes/${code}`, { token: ada.token });
      t.equal((await remove('one')).status, 204);
      t.equal((await fetch(url + made.url)).status, 200);
      t.equal((await remove('two')).status, 204);
      t.equal((await fetch(url + made.url)).status, 404);
      t.match(await remove('two'), { status: 404, body: { code: 'chat_emote_unknown' } });
    });

    t.test('moderators upload, viewers and strangers do not', async (t) => {
      const { ada, api, guest, put } = await start(t);
      const bob = await guest('bob');
      const png = await picture('png');
      t.equal((await put('hi', png, bob.token)).status, 403);
      t.equal((await put('hi', png, 'nonsense')).status, 401);
      t.match(await api('DELETE', '/channels/ada/emotes/hi', { token: bob.token }), { status: 403 });
      await ada.get('set-role', { channel: 'ada', username: 'bob', role: 'moderator' });
      t.equal((await put('hi', png, bob.token)).status, 200);
      t.equal((await put('hi', png, ada.token, 'bob')).status, 200, 'an admin');
    });

    t.test('what is no code, no picture or too large is refused', async (t) => {
      const { put, url } = await start(t);
      const png = await picture('png');
      const refusal = async (answer: Promise<Response>): Promise<unknown> => {
        const { status, code } = z.object({ status: z.number(), code: z.string() }).parse(await (await answer).json());
        return [status, code];
      };
      t.same(await refusal(put('a', png)), [400, 'chat_emote_code']);
      t.same(await refusal(put('a-b', png)), [400, 'chat_emote_code']);
      t.same(await refusal(put('%3Cscript%3E', png)), [400, 'chat_emote_code']);
      t.same(await refusal(put('svg', Buffer.from('<svg/>'))), [422, 'chat_emote_type']);
      t.same(await refusal(put('big', Buffer.alloc((1 << 20) + 1))), [413, 'chat_emote_size']);
      t.same(await refusal(put('none', Buffer.alloc(0))), [422, 'chat_emote_type']);
      for (const path of ['/emotes/x.webp', `/emotes/${'0'.repeat(32)}.webp`, '/emotes/..%2Fchat-secret', '/emotes/..%2F..%2Fetc%2Fpasswd.webp']) {
        t.equal((await fetch(url + path)).status, 404, path);
      }
    });
  });
}
