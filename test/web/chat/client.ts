import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { until } from '../../support/until.js';
import { Session } from '../../../src/web/api/session.js';
import { ChatClient } from '../../../src/web/chat/client/chat-client.js';
import type { ChatRoom } from '../../../src/web/chat/client/chat-room.js';
import type { RoomView } from '../../../src/web/chat/client/room-view.js';

const PASSWORD = 'correct horse';
const PLENTY = { messages: 1_000, windowSec: 10 };
const MANY = { user: PLENTY, moderator: PLENTY, address: PLENTY, connectionsPerMin: 1_000, eventsPer10Sec: 1_000 };

/** A page of somebody, or of nobody, in ada's chat. */
async function openPage(t: Test, app: RunningApp, username?: string, origin = app.url): Promise<{ room: ChatRoom; client: ChatClient; session: Session; stored: Map<string, string> }> {
  const stored = new Map<string, string>();
  const remembered = { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value), removeItem: (key: string) => void stored.delete(key) };
  const session = new Session({ origin: app.url, remembered });
  if (username === undefined) await session.restore();
  else await session.signIn({ login: username, password: PASSWORD });
  const client = new ChatClient({ origin, session, remembered });
  t.after(() => client.close());
  const room = client.enter('ada');
  await untilView(room, 'it is in the room', ({ phase }) => phase === 'open');
  return { room, client, session, stored };
}

async function untilView(room: ChatRoom, what: string, isSo: (view: RoomView) => boolean): Promise<RoomView> {
  return until(what, () => (isSo(room.view) ? room.view : undefined));
}

const texts = (view: RoomView) => view.messages.map(({ text }) => text);

async function register(app: RunningApp, username: string): Promise<void> {
  const answer = await app.api('POST', '/api/v1/auth/register', { username, email: `${username}@example.org`, password: PASSWORD });
  if (!answer.ok) throw new Error(await answer.text());
}

t.test('a page and the chat', async (t) => {
  const app = await startApp(t, { chat: { limits: MANY } });
  await register(app, 'bob');
  const [bob, reader] = [await openPage(t, app, 'bob'), await openPage(t, app)];

  await t.test('what one says, all hear, once', async (t) => {
    bob.room.say('hello there');
    t.equal(bob.room.view.pending.length, 1, 'it is on its way');
    await untilView(reader.room, 'a reader hears it', (view) => texts(view).includes('hello there'));
    const view = await untilView(bob.room, 'it has arrived', ({ pending }) => pending.length === 0);
    t.same(texts(view), ['hello there']);
    t.ok(bob.stored.has('tidemark.chat-device'), 'the device is known again');
  });

  await t.test('who does not sign in is told so, and writes after it', async (t) => {
    reader.room.say('me too');
    const refused = await untilView(reader.room, 'a refusal', ({ pending }) => pending[0]?.failure !== undefined);
    t.equal(refused.pending[0]?.failure?.code, 'chat_sign_in_required');
    await register(app, 'cleo');
    await reader.session.signIn({ login: 'cleo', password: PASSWORD });
    await untilView(reader.room, 'the room knows', ({ you }) => you.user?.username === 'cleo');
    reader.room.retry(refused.pending[0]?.nonce ?? '');
    await untilView(bob.room, 'it is heard', (view) => texts(view).includes('me too'));
  });

  await t.test('slow mode makes wait without asking', async (t) => {
    const owner = await openPage(t, app, 'ada');
    await owner.room.ask('set-modes', { channel: 'ada', modes: { slowSec: 60 } });
    await untilView(bob.room, 'slow mode', ({ room }) => room?.modes.slowSec === 60);
    bob.room.say('one of the slow ones');
    t.match(await untilView(bob.room, 'a refusal', ({ pending }) => pending[0]?.failure !== undefined), { waitReason: 'chat_slow_mode' });
    bob.room.discard(bob.room.view.pending[0]?.nonce ?? '');
    await owner.room.ask('set-modes', { channel: 'ada', modes: { slowSec: 0 } });
    t.equal(bob.room.view.pending.length, 0);
  });

  await t.test('a page that was away hears what it missed, once, and that something was deleted', async (t) => {
    const cable = await openCable(t, app.url);
    const away = await openPage(t, app, 'cleo', cable.url);
    const owner = await openPage(t, app, 'ada');
    cable.cut();
    await untilView(away.room, 'the connection is lost', ({ phase }) => phase === 'reconnecting');
    away.room.say('written in a tunnel');
    const [first] = owner.room.view.messages;
    await owner.room.ask('delete-message', { channel: 'ada', messageId: first?.id ?? '' });
    for (let number = 0; number < 130; number++) owner.room.say(`line ${number} of ${(number * 7919) % 104_729}`);
    await untilView(owner.room, 'all of it is said', (view) => view.pending.length === 0 && view.messages.length > 130);
    cable.mend();
    const back = await untilView(away.room, 'all is heard, and said', (view) => view.pending.length === 0 && view.messages.length >= 100);
    const heard = await untilView(owner.room, 'what was written away', (view) => texts(view).includes('written in a tunnel'));
    t.same(texts(back), texts(heard).slice(-back.messages.length), 'all of it, in order, once');
    await away.room.loadEarlier();
    t.same(texts(away.room.view), texts(owner.room.view), 'and what was before, without what was deleted');
  });
});

/** A connection to the server that can be cut. */
async function openCable(t: Test, url: string): Promise<{ url: string; cut: () => void; mend: () => void }> {
  const port = Number(new URL(url).port);
  const ends = new Set<Socket>();
  let isCut = false;
  const cable = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [end, other] of [[near, far], [far, near]] as const) {
      ends.add(end);
      end.on('error', () => undefined).on('close', () => ends.delete(end) && other.destroy());
      end.pipe(other);
    }
  });
  await new Promise<void>((resolve) => cable.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isCut = true;
    for (const end of ends) end.destroy();
  };
  t.after(() => {
    cut();
    cable.close();
  });
  const address = cable.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, cut, mend: () => { isCut = false; } };
}
