// Many chat clients in one process: raw WebSockets, so that they cost little beside the server. Takes its orders
// from a JSON file and prints a JSON line at each step: connected, measuring, measured.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const { port, sockets, tokens, rate, taps, seconds, settleMs } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
/** Marks a text with the time at which it was sent: µs, 16 digits. */
const MARK = 'at:';
const AT_ONCE = 50;
const INBOX = Buffer.alloc(65_536);
const NOTHING = Buffer.alloc(0);

const latency = createHistogram();
const counts = { delivered: 0, sent: 0, acknowledged: 0, refused: 0, reactions: 0, closed: 0 };
const refusals = new Map();
let isMeasuring = false;
let isOver = false;

/** µs on a clock that sender and receivers share: they are one process. */
function nowUs() {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000);
}

/** RFC 6455 §5.2, masked with zeros. */
function frameOf(text) {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 6 : 8);
  head[0] = 0x81;
  head[1] = 0x80 | (payload.length < 126 ? payload.length : 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

class Client {
  #socket;
  #rest = NOTHING;
  #isOpen = false;
  #onText;

  constructor(index) {
    this.index = index;
  }

  async open() {
    // Each from a network of its own, as viewers are.
    const address = `10.${this.index >> 8}.${this.index & 255}.7`;
    let isUpgraded = () => undefined;
    // One buffer for all: what is read is looked at before the next is read.
    const callback = (length) => {
      const bytes = INBOX.subarray(0, length);
      if (this.#isOpen) return this.#take(bytes), true;
      const end = bytes.indexOf('\r\n\r\n') + 4;
      this.#isOpen = true;
      isUpgraded();
      return this.#take(bytes.subarray(end)), true;
    };
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer: INBOX, callback } });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => { counts.closed += isOver ? 0 : 1; });
    await new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', resolve);
    });
    const upgraded = new Promise((resolve) => { isUpgraded = resolve; });
    socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nX-Forwarded-For: ${address}\r\n\r\n`);
    await upgraded;
    this.write(`40/chat,${JSON.stringify({ token: tokens[this.index] })}`);
    await this.#until((text) => text.startsWith('40/chat,'));
    this.write('42/chat,0["join-room",{"channel":"ada"}]');
    const answer = await this.#until((text) => text.startsWith('43/chat,0['));
    if (!answer.startsWith('43/chat,0[{"ok":true')) throw new Error(`not in the room: ${answer.slice(0, 200)}`);
  }

  write(text) {
    this.#socket.write(frameOf(text));
  }

  writeFrame(frame) {
    this.#socket.write(frame);
  }

  close() {
    this.#socket.destroy();
  }

  #until(fits) {
    return new Promise((resolve) => {
      this.#onText = (text) => {
        if (!fits(text)) return;
        this.#onText = undefined;
        resolve(text);
      };
    });
  }

  #take(bytes) {
    const data = this.#rest === NOTHING ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (;;) {
      if (data.length - at < 2) break;
      const short = data[at + 1] & 127;
      const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length - at < headLength) break;
      const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
      if (data.length - at < headLength + length) break;
      this.#hear(data, at + headLength, at + headLength + length);
      at += headLength + length;
    }
    this.#rest = at === data.length ? NOTHING : Buffer.from(data.subarray(at));
  }

  #hear(data, from, to) {
    if (data[from] === 0x32) return this.write('3'); // a ping
    if (this.#onText !== undefined) this.#onText(data.toString('utf8', from, to));
    if (!isMeasuring || to - from < 20) return;
    // 42/chat,["new-message"… · 42/chat,["reactions"… · 43/chat,<id>[…
    if (data[from + 1] === 0x32 && data[from + 10] === 0x6e) {
      // Several may share a packet.
      for (let at = data.indexOf(MARK, from); at >= 0 && at < to; at = data.indexOf(MARK, at + MARK.length)) {
        counts.delivered++;
        latency.record(Math.max(1, nowUs() - Number(data.latin1Slice(at + MARK.length, at + MARK.length + 16))));
      }
    } else if (data[from + 1] === 0x32 && data[from + 10] === 0x72) counts.reactions++;
    else if (data[from + 1] === 0x33) this.#acknowledge(data.latin1Slice(from, Math.min(to, from + 120)));
  }

  #acknowledge(text) {
    if (text.includes('[{"ok":true')) return void counts.acknowledged++;
    counts.refused++;
    const code = /"code":"(\w+)"/.exec(text)?.[1] ?? text;
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  }
}

function say(step, more = {}) {
  process.stdout.write(`${JSON.stringify({ step, ...more })}\n`);
}

/** Evenly over the time; a process that was late catches up, so that the rate holds. */
async function pace(perSecond, act) {
  const startMs = performance.now();
  const total = Math.round(perSecond * seconds);
  for (let done = 0; done < total;) {
    const due = Math.min(total, Math.ceil(((performance.now() - startMs) / 1_000) * perSecond));
    while (done < due) act(done++);
    await delay(done < total ? Math.max(0, (done / perSecond) * 1_000 - (performance.now() - startMs)) : 0);
  }
}

/** Each writer in turn, so that nobody writes more than the limits let one. */
async function writeMessages(clients) {
  let id = 1;
  await pace(rate, (number) => {
    counts.sent++;
    const wish = { channel: 'ada', nonce: randomUUID(), text: `${MARK}${nowUs()} ${randomUUID()} ${'and so on '.repeat(number % 5)}`.trim() };
    clients[number % clients.length].write(`42/chat,${id++}["chat-message",${JSON.stringify(wish)}]`);
  });
}

async function tap(clients) {
  const frames = ['👍', '❤️', '😂', '🎉'].map((emoji) => frameOf(`42/chat,1["react",{"channel":"ada","emoji":"${emoji}"}]`));
  await pace(taps * clients.length, (number) => {
    counts.sent++;
    clients[number % clients.length].writeFrame(frames[number % frames.length]);
  });
}

const clients = Array.from({ length: sockets }, (_, index) => new Client(index));
for (let at = 0; at < clients.length; at += AT_ONCE) await Promise.all(clients.slice(at, at + AT_ONCE).map((client) => client.open()));
say('connected');
await delay(settleMs);
isMeasuring = true;
say('measuring');
if (taps > 0) await tap(clients);
else await writeMessages(clients.slice(0, tokens.length));
say('sent');
// What is on its way arrives.
await delay(2_000);
isMeasuring = false;
isOver = true;
const ms = (us) => Number((us / 1_000).toFixed(1));
say('measured', {
  ...counts,
  refusals: Object.fromEntries(refusals),
  latencyMs: { p50: ms(latency.percentile(50)), p95: ms(latency.percentile(95)), p99: ms(latency.percentile(99)), max: ms(latency.max) },
});
for (const client of clients) client.close();
