/** A run of numbers that a seed decides (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 1. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** 0 to `below` - 1. */
  number(below: number): number {
    return Math.floor(this.roll() * below);
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.number(from.length)] ?? from[0];
  }
}

/** What one case sends: arguments of an event, text over a WebSocket, or a body by long polling. */
export type ChatCase =
  | { kind: 'event'; name: string; sent: unknown[]; isAcknowledged: boolean }
  | { kind: 'packet'; packets: (string | Buffer)[] }
  | { kind: 'polling'; query: string; body: string };

const ID = '3f0c2b1e-8a64-4c7b-9d21-5e6f7a8b9c0d';
const CHANNEL = { channel: 'ada' };
const ON_USER = { ...CHANNEL, username: 'bob', reason: 'spam' };

/** A good payload of each request, to break. */
const WISHES: Record<string, object> = {
  'join-room': { ...CHANNEL, after: 3 },
  'leave-room': CHANNEL,
  authenticate: { token: 'no.good.token' },
  'chat-message': { ...CHANNEL, text: 'hello', nonce: 'nonce-123456', replyTo: ID, streamAt: '2026-11-21T12:00:00.000Z' },
  'load-history': { ...CHANNEL, before: 100, limit: 10 },
  react: { ...CHANNEL, emoji: '👍', messageId: ID, isOn: true },
  'report-message': { ...CHANNEL, messageId: ID, reason: 'rude' },
  'acknowledge-warning': CHANNEL,
  'delete-message': { ...CHANNEL, messageId: ID, reason: 'rude' },
  'delete-user-messages': ON_USER,
  'clear-chat': { ...CHANNEL, reason: 'mess' },
  'timeout-user': { ...ON_USER, seconds: 60 },
  'ban-user': ON_USER,
  'mute-user': ON_USER,
  'warn-user': ON_USER,
  'unban-user': ON_USER,
  'pin-message': { ...CHANNEL, messageId: ID },
  'set-modes': { ...CHANNEL, modes: { slowSec: 5, links: 'nobody' } },
  'raise-shield': CHANNEL,
  'lower-shield': CHANNEL,
  'set-role': { ...CHANNEL, username: 'bob', role: 'vip' },
  'list-terms': CHANNEL,
  'add-term': { ...CHANNEL, pattern: 'bad*word', action: 'hold' },
  'remove-term': { ...CHANNEL, id: ID },
  'list-queue': CHANNEL,
  'resolve-queue-item': { ...CHANNEL, id: ID, decision: 'approve' },
  'list-chatters': CHANNEL,
  'list-sanctions': CHANNEL,
  'user-card': { ...CHANNEL, username: 'bob' },
  'add-note': { ...CHANNEL, username: 'bob', text: 'note' },
  'list-audit': { ...CHANNEL, before: '2026-11-21T12:00:00.000Z', limit: 10 },
  'undo-act': { ...CHANNEL, id: ID },
};
const NAMES = Object.keys(WISHES);
/** Those that Socket.IO keeps for itself are among the packets: a client cannot emit them. */
const STRANGE_NAMES = [
  'error', 'connection', 'hello', 'new-message', 'fleet', 'message-deleted',
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', '', ' ', '\u0000', 'join-room\u0000', 'JOIN-ROOM', 'x'.repeat(8_000), '../../etc/passwd', '$where', '0', 'null', '🤷',
] as const;

const STRINGS = [
  '', ' ', '\u0000', '\ud800', '\udfff\ud800', '\u202e\u2066', 'e' + '\u0301'.repeat(400), '\u200b\u200d\ufeff', '%00', '../..', "'; drop table users; --", '<script>alert(1)</script>', '${7*7}',
  'ada', 'ADA', '@bob', 'a'.repeat(31), 'a'.repeat(4_001), '👨‍👩‍👧‍👦'.repeat(100), ':emote:', '2026-11-21T12:00:00.000Z', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00.000Z', '9999-12-31T23:59:60Z', ID, ID.toUpperCase(), '00000000-0000-0000-0000-000000000000',
  '1e999', 'NaN', '__proto__', 'constructor', '*', '**'.repeat(150), '(a+)+$', '\\', '\r\n', '\t', '\u2028', '/me', '/me ', `/me ${'x'.repeat(600)}`, 'https://example.org', 'x'.repeat(15_000),
] as const;
const NUMBERS = [0, -0, -1, 1, 0.5, 1e21, -1e21, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 2 ** 53, 2 ** 63, 1e308, Number.MIN_VALUE, Number.NaN, Number.POSITIVE_INFINITY] as const;

export function makeCase(seed: number, index: number): ChatCase {
  const dice = new Dice(Math.imul(seed, 1_000_003) + index);
  const chance = dice.roll();
  if (chance < 0.82) return eventCase(dice);
  if (chance < 0.98) return { kind: 'packet', packets: Array.from({ length: 1 + dice.number(3) }, () => packet(dice)) };
  return { kind: 'polling', query: pollingQuery(dice), body: pollingBody(dice) };
}

function eventCase(dice: Dice): ChatCase {
  const isStrange = dice.roll() < 0.06;
  const name = isStrange ? dice.pick(STRANGE_NAMES) : NAMES[dice.number(NAMES.length)] ?? '';
  const wish: unknown = isStrange ? value(dice, 0) : broken(dice, WISHES[name] ?? {});
  const sent = dice.roll() < 0.9 ? [wish] : Array.from({ length: dice.number(6) }, () => value(dice, 0));
  return { kind: 'event', name, sent, isAcknowledged: dice.roll() < 0.95 };
}

/** A payload with one to three things wrong; sometimes none. */
function broken(dice: Dice, wish: object): unknown {
  if (dice.roll() < 0.05) return value(dice, 0);
  let payload: Record<string, unknown> = { ...wish };
  for (let count = dice.number(4); count > 0; count--) payload = breakOne(dice, payload);
  return payload;
}

function breakOne(dice: Dice, payload: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(payload);
  const key = keys[dice.number(keys.length)] ?? 'channel';
  const way = dice.number(6);
  if (way === 0) return Object.fromEntries(Object.entries(payload).filter(([name]) => name !== key));
  // As JSON.parse makes it: a key of the object, not its prototype.
  if (way === 1) return Object.fromEntries([...Object.entries(payload), [dice.pick(['__proto__', 'constructor', 'prototype', 'toJSON', 'then', 'extra']), value(dice, 1)]]);
  if (way === 2) return { ...payload, [key]: [payload[key]] };
  if (way === 3) return { ...payload, [key]: dice.pick(STRINGS) };
  return { ...payload, [key]: value(dice, 1) };
}

function value(dice: Dice, depth: number): unknown {
  const way = dice.number(depth > 3 ? 6 : 11);
  if (way === 0) return null;
  if (way === 1) return dice.roll() < 0.5;
  if (way === 2) return dice.pick(NUMBERS);
  if (way <= 4) return dice.pick(STRINGS);
  if (way === 5) return Buffer.alloc(dice.number(2_000), dice.number(256));
  if (way === 6) return Array.from({ length: dice.number(4) }, () => value(dice, depth + 1));
  if (way === 7) return Array.from({ length: dice.number(3_000) }, (_, at) => at);
  if (way === 8) return nested(dice.number(400), dice.roll() < 0.5);
  if (way === 9) return { _placeholder: true, num: dice.pick(NUMBERS) };
  return Object.fromEntries(Array.from({ length: dice.number(5) }, () => [dice.pick(['__proto__', 'channel', 'length', 'constructor', 'text', '0']), value(dice, depth + 1)]));
}

function nested(depth: number, isArray: boolean): unknown {
  let inner: unknown = 1;
  for (let at = 0; at < depth; at++) inner = isArray ? [inner] : { a: inner };
  return inner;
}

const PACKETS = [
  '', '4', '40', '40/chat', '40/chat,', '40/chat,{}', '40/chat,{"token":1,"device":{}}', '40/chat,{"token":"a.b.c"}', '40/chat,[]', '40/chat,null', '40/,', '40/admin,', '40/chat/../', '40/__proto__,', '40/chat?x=1,',
  '41/chat,', '42/chat,', '42/chat,[]', '42/chat,[1]', '42/chat,[null]', '42/chat,["error"]', '42/chat,["error",{}]', '42/chat,["disconnect"]', '42/chat,["disconnecting"]', '42/chat,["connect"]', '42/chat,["connect_error"]', '42/chat,["newListener"]', '42/chat,["removeListener"]', '42/chat,["__proto__"]', '42/chat,{"0":"x"}', '42/chat,"x"', '42["join-room"]',
  '42/chat,99999999999999999999["join-room",{"channel":"ada"}]', '42/chat,-1["join-room"]', '42/chat,0["leave-room",{"channel":"ada"}]', '43/chat,1[]', '43/chat,1["x"]', '43/chat,1{}', '43/chat,', '44/chat,{}', '44/chat,"x"',
  '451-/chat,["x",{"_placeholder":true,"num":0}]', '459999999-/chat,["x"]', '45-/chat,["x"]', '4510-/chat,["x",{"_placeholder":true,"num":99}]', '451-/chat,["x",{"_placeholder":true,"num":-1}]', '461-/chat,1[{"_placeholder":true,"num":0}]', '450-/chat,["x"]',
  '451-/chat,["x",{"_placeholder":true,"num":"__proto__"}]', '47', '4/chat', '49', '0', '0{"sid":"x"}', '1', '2', '2probe', '3', '3probe', '5', '6', '7', '8', 'b', 'bAAAA', 'x', '\u0000', '[]', '{}', '4'.repeat(5_000), `42/chat,${'['.repeat(7_000)}`, `42/chat,["x",${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}]`,
  `42/chat,["${'x'.repeat(15_000)}"]`, `42/chat,["x","${'y'.repeat(20_000)}"]`, '42/chat,["join-room",{"__proto__":{"channel":"ada"}}]', '42/chat,["join-room",{"channel":"ada","constructor":{"prototype":{"polluted":true}}}]',
] as const;

function packet(dice: Dice): string | Buffer {
  const way = dice.roll();
  if (way < 0.1) return Buffer.from(Array.from({ length: dice.number(64) }, () => dice.number(256)));
  const text = dice.pick(PACKETS);
  if (way < 0.6) return text;
  const at = dice.number(Math.max(1, text.length));
  const letter = String.fromCharCode(dice.number(dice.roll() < 0.9 ? 128 : 0xd7ff));
  return way < 0.8 ? text.slice(0, at) + letter + text.slice(at + 1) : text.slice(0, at);
}

function pollingQuery(dice: Dice): string {
  return dice.pick(['EIO=4&transport=polling', 'EIO=4&transport=polling&sid=none', 'EIO=3&transport=polling', 'transport=polling', 'EIO=4&transport=__proto__', 'EIO=4&transport=constructor', 'EIO=4&transport=websocket', 'EIO=4&transport=polling&j=0', 'EIO[]=4&transport[]=polling', '%', '']);
}

function pollingBody(dice: Dice): string {
  const packets = Array.from({ length: 1 + dice.number(5) }, () => String(packet(dice)));
  return packets.join(dice.roll() < 0.9 ? '\u001e' : '\n');
}
