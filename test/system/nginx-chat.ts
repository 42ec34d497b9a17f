import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { openDatabase } from '../support/accounts.js';
import { connectChat, said } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { findNginx, NGINX_MISSING, startNginx } from '../support/nginx.js';
import { freePort } from '../support/server-process.js';

const skip = findNginx() === undefined ? NGINX_MISSING : false;

t.test('the chat behind nginx', { skip }, async (t) => {
  const site = await openChatSite(t, await openDatabase(t, { url: '', dataDir: t.testdir() }), { limits: { connectionsPerMin: 4 } });
  const { token } = await site.register('ada');
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-nginx-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const listen = `127.0.0.1:${await freePort()}`;
  const nginx = await startNginx(findNginx() ?? '', { folder, listen, upstream: new URL(site.url).host, mediaDir: folder });
  t.after(() => nginx.stop());
  const url = `http://${listen}`;

  t.test('passes by WebSocket and by long polling', async (t) => {
    const ada = await connectChat(t, { url, token });
    const reader = await connectChat(t, { url, transport: 'polling' });
    for (const client of [ada, reader]) await client.get('join-room', { channel: 'ada' });
    const { message } = await ada.get('chat-message', said('ada', 'through nginx'));
    t.equal((await reader.heard('new-message')).id, message.id);
    t.match(await reader.ask('chat-message', said('ada', 'unsigned')), { code: 'chat_sign_in_required' });
  });

  t.test('tells where clients come from, whatever they say', async (t) => {
    for (const address of ['192.0.2.1', '198.51.100.2']) t.ok((await connectChat(t, { url, address })).device);
    const refused = await connectChat(t, { url, address: '203.0.113.3' }).then(() => undefined, (error: unknown) => error);
    t.match(refused, { data: { code: 'rate_limited' } });
  });
});
