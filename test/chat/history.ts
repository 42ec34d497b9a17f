import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { z } from 'zod';
import { AppError } from '../../src/platform/index.js';
import { openDatabase } from '../support/accounts.js';
import { said } from '../support/chat-client.js';
import { openChatSite } from '../support/chat-site.js';
import { testDatabases } from '../support/database.js';

const page = z.object({ messages: z.array(z.object({ text: z.string(), seq: z.number() })), hasMore: z.boolean(), upTo: z.number() });
const replayed = z.object({ messages: z.array(z.object({ text: z.string(), streamAt: z.string() })), next: z.string().optional() });
async function pagesOf(pieces: AsyncIterable<string> | undefined): Promise<string[]> {
  const pages: string[] = [];
  for await (const piece of pieces ?? []) pages.push(piece);
  return pages;
}

const textsOf = (body: unknown): string[] => page.parse(body).messages.map(({ text }) => text);

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('history is read by page, forwards and backwards, by anybody', async (t) => {
      const { guest, api } = await openChatSite(t, db);
      const ada = await guest('ada');
      for (const text of ['one', 'two', 'three', 'four']) await ada.get('chat-message', said('ada', text));
      t.same(textsOf((await api('GET', '/channels/ada/chat/messages')).body), ['one', 'two', 'three', 'four']);
      const last = page.parse((await api('GET', '/channels/ADA/chat/messages?limit=2')).body);
      t.same([last.messages.map(({ seq }) => seq), last.hasMore, last.upTo], [[3, 4], true, 4]);
      t.same(textsOf((await api('GET', '/channels/ada/chat/messages?before=3&limit=1')).body), ['two']);
      const next = page.parse((await api('GET', '/channels/ada/chat/messages?after=1&limit=2')).body);
      t.same([next.messages.map(({ seq }) => seq), next.hasMore, next.upTo], [[2, 3], true, 3]);
    });

    t.test('what breaks the rules of a page is said', async (t) => {
      const { guest, api } = await openChatSite(t, db);
      await guest('ada');
      for (const query of ['limit=0', 'limit=101', 'before=x', 'after=-1', 'after=1.5', 'before=99999999999']) {
        t.match(await api('GET', `/channels/ada/chat/messages?${query}`), { status: 400, body: { code: 'request_invalid' } }, query);
      }
      t.match(await api('GET', '/channels/nobody/chat/messages'), { status: 404 });
    });

    t.test('a room for members is read by members', async (t) => {
      const { guest, api } = await openChatSite(t, db);
      const [ada, bob] = [await guest('ada'), await guest('bob')];
      await ada.get('chat-message', said('ada', 'among us'));
      await ada.get('set-modes', { channel: 'ada', modes: { isMembersOnly: true } });
      t.match(await api('GET', '/channels/ada/chat/messages'), { status: 401, body: { code: 'chat_sign_in_required' } });
      t.match(await api('GET', '/channels/ada/chat/messages', { token: 'made-up' }), { status: 401 });
      t.same(textsOf((await api('GET', '/channels/ada/chat/messages', { token: bob.token })).body), ['among us']);
    });

    t.test('what moderators see early, others do not read early', async (t) => {
      const { guest, api, pass } = await openChatSite(t, db);
      const [ada, bob] = [await guest('ada'), await guest('bob')];
      await ada.get('set-modes', { channel: 'ada', modes: { delaySec: 10 } });
      await bob.get('chat-message', said('ada', 'too soon'));
      t.same(textsOf((await api('GET', '/channels/ada/chat/messages')).body), []);
      t.same(textsOf((await api('GET', '/channels/ada/chat/messages', { token: ada.token })).body), ['too soon']);
      pass(10_001);
      t.same(textsOf((await api('GET', '/channels/ada/chat/messages')).body), ['too soon']);
    });

    /** A show of ada's, with what is said in it a second apart. */
    const openShow = async (t: Parameters<typeof openChatSite>[0]) => {
      const broadcastId = randomUUID();
      const site = await openChatSite(t, db, {
        broadcastId,
        replays: {
          channelOf: async (id, request) => {
            if (id !== broadcastId || request.query['access'] === 'none') throw new AppError('recording_unknown', 'no such recording', { status: 404 });
            return 'ada';
          },
        },
      });
      const ada = await site.guest('ada');
      await sql`insert into broadcasts (id, channel_id, started_at) select ${broadcastId}, id, ${site.clock.now} from channels where slug = 'ada'`.execute(db);
      const say = async (text: string) => {
        const { message } = await ada.get('chat-message', said('ada', text));
        site.pass(1_000);
        return message;
      };
      const replay = async (query: Record<string, string>) => replayed.parse((await site.api('GET', `/broadcasts/${broadcastId}/chat?${new URLSearchParams(query)}`)).body);
      return { ...site, ada, broadcastId, say, replay };
    };

    t.test('a replay has what was said in a stretch of the show, page by page', async (t) => {
      const { say, replay } = await openShow(t);
      const at: string[] = [];
      for (const text of ['a', 'b', 'c', 'd', 'e']) at.push((await say(text)).streamAt);
      const texts = ({ messages }: z.infer<typeof replayed>): string[] => messages.map(({ text }) => text);
      t.same(texts(await replay({})), ['a', 'b', 'c', 'd', 'e']);
      t.same(texts(await replay({ from: at[1] ?? '', to: at[3] ?? '' })), ['b', 'c'], 'the end is not in it');
      const first = await replay({ from: at[0] ?? '', limit: '2' });
      t.same([texts(first), first.next], [['a', 'b'], at[2]]);
      const second = await replay({ from: first.next ?? '', limit: '3' });
      t.same([texts(second), second.next], [['c', 'd', 'e'], undefined]);
    });

    t.test('those of one moment stay together, and the pages come to an end', async (t) => {
      const { say, replay } = await openShow(t);
      const { streamAt } = await say('same');
      for (const text of ['moment', 'for three']) await say(text);
      await sql`update chat_messages set stream_at = ${streamAt}`.execute(db);
      const later = new Date(Date.parse(streamAt) + 1).toISOString();
      await say('after');
      const first = await replay({ limit: '2' });
      t.same([first.messages.map(({ text }) => text), first.next], [['same', 'moment', 'for three'], later]);
      t.match(await replay({ from: later, limit: '2' }), { messages: [{ text: 'after' }], next: undefined });
    });

    t.test('what is deleted, held back or seen by moderators only is not in a replay', async (t) => {
      const { guest, ada, say, replay } = await openShow(t);
      const bob = await guest('bob');
      const { id } = await say('to be deleted');
      await say('stays');
      await ada.get('delete-message', { channel: 'ada', messageId: id });
      await ada.get('mute-user', { channel: 'ada', username: 'bob' });
      await bob.get('chat-message', said('ada', 'muted'));
      await ada.get('add-term', { channel: 'ada', pattern: 'fishy', action: 'hold' });
      const carol = await guest('carol');
      t.match(await carol.get('chat-message', said('ada', 'something fishy')), { isHeld: true });
      t.same((await replay({})).messages.map(({ text }) => text), ['stays']);
    });

    t.test('what was said can be written down for ever: a line each, as everybody may read it', async (t) => {
      const { guest, ada, say, chat, broadcastId, channels } = await openShow(t);
      const show = { id: broadcastId, channelId: (await channels.get('ada')).id };
      t.equal(await chat.transcript(show), undefined, 'nobody said anything');
      const bob = await guest('bob');
      const { id } = await say('to be deleted');
      const first = await say('hello');
      await ada.get('delete-message', { channel: 'ada', messageId: id });
      await ada.get('mute-user', { channel: 'ada', username: 'bob' });
      await bob.get('chat-message', said('ada', 'muted'));
      await ada.get('chat-message', { ...said('ada', 'an answer'), replyTo: first.id });
      const text = (await pagesOf(await chat.transcript(show))).join('');
      const lines = text.trimEnd().split('\n').map((line): unknown => JSON.parse(line));
      t.match(lines, [{ id: first.id, at: first.streamAt, from: 'ada', text: 'hello' }, { from: 'ada', text: 'an answer', replyTo: { id: first.id, from: 'ada' } }]);
      t.equal(lines.length, 2);
      t.notMatch(text, ada.id, 'no account is named by its id');
      t.ok(text.endsWith('\n'));
      for (let at = 0; at < 501; at++) await sql`insert into chat_messages select gen_random_uuid(), channel_id, 1000 + ${at}::integer, author_id, bot_id, author_name, author_role, author_tier, 'nonce' || ${at}::integer, 'line ' || ${at}::integer, text_key, is_action, reply_to, mentions, sent_at, stream_at + ${at}::integer * interval '1 millisecond', broadcast_id, state, shown_at from chat_messages where id = ${first.id}`.execute(db);
      const pages = await pagesOf(await chat.transcript(show));
      t.ok(pages.length > 1, 'a page at a time');
      t.equal(pages.join('').trimEnd().split('\n').length, 503, 'and all of it');
      await ada.get('set-modes', { channel: 'ada', modes: { isMembersOnly: true } });
      t.equal(await chat.transcript(show), undefined, 'what is for members is not for everybody');
    });

    t.test('who may not see the recording does not read what was said', async (t) => {
      const { api, ada, broadcastId, say } = await openShow(t);
      await say('hello');
      t.match(await api('GET', `/broadcasts/${broadcastId}/chat?access=none`), { status: 404, body: { code: 'recording_unknown' } });
      t.match(await api('GET', `/broadcasts/${randomUUID()}/chat`), { status: 404 });
      t.match(await api('GET', `/broadcasts/${broadcastId}/chat?from=yesterday`), { status: 400, body: { code: 'request_invalid' } });
      await ada.get('set-modes', { channel: 'ada', modes: { isMembersOnly: true } });
      t.match(await api('GET', `/broadcasts/${broadcastId}/chat`), { status: 401, body: { code: 'chat_sign_in_required' } });
      t.match(await api('GET', `/broadcasts/${broadcastId}/chat`, { token: ada.token }), { status: 200, body: { messages: [{ text: 'hello' }] } });
    });
  });
}
