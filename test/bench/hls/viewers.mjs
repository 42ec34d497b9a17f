// Low-latency players without the media: each waits for the next part of one playlist, again and again.
//   node viewers.mjs PORT PATH VIEWERS SECONDS
// Prints, as JSON, for each part that was waited for when the requests went out and when the answers were whole: ms on
// the machine's monotonic clock, which is the same in all processes.
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';

const [port, path, viewers, seconds] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const CONNECT_AT_ONCE = 50;
const RETRY_MS = 200;
const HEAD_END = Buffer.from('\r\n\r\n');

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
/** The last answer to a query, and what it says is next: read once for all viewers that got the same. */
const answered = new Map();
const parts = new Map();
const errors = new Map();
let isOver = false;

class Viewer {
  #chunks = [];
  #size = 0;
  #wanted = -1;
  #query = '';
  #sentMs = 0;

  constructor(socket, query) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => count(error.code));
    this.ask(query);
  }

  ask(query) {
    if (isOver) return;
    this.#query = query;
    this.#sentMs = nowMs();
    this.socket.write(`GET ${path}${query} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`);
  }

  #take(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#wanted < 0) {
      const bytes = Buffer.concat(this.#chunks);
      const headEnd = bytes.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd));
      if (length === null) throw new Error('an answer without Content-Length');
      this.#wanted = headEnd + HEAD_END.length + Number(length[1]);
    }
    if (this.#size >= this.#wanted) this.#finish(nowMs());
  }

  #finish(arrivedMs) {
    const bytes = Buffer.concat(this.#chunks);
    [this.#chunks, this.#size, this.#wanted] = [[], 0, -1];
    const status = Number(bytes.toString('latin1', 9, 12));
    if (status !== 200) {
      count(status);
      setTimeout(() => this.ask(this.#query), RETRY_MS);
      return;
    }
    if (this.#query !== '') note(this.#query, this.#sentMs, arrivedMs);
    this.ask(nextOf(this.#query, bytes));
  }
}

function nextOf(query, bytes) {
  const headEnd = bytes.indexOf(HEAD_END);
  const body = bytes.subarray(headEnd + HEAD_END.length);
  const known = answered.get(query);
  if (known?.body.equals(body)) return known.next;
  const isGzip = /\r\ncontent-encoding: *gzip/i.test(bytes.toString('latin1', 0, headEnd));
  const hint = /#EXT-X-PRELOAD-HINT:.*\/(\d+)\.(\d+)\.m4s"/.exec((isGzip ? gunzipSync(body) : body).toString());
  if (hint === null) throw new Error('a playlist without EXT-X-PRELOAD-HINT');
  const next = `?_HLS_msn=${hint[1]}&_HLS_part=${hint[2]}`;
  answered.set(query, { body, next });
  return next;
}

function note(query, sentMs, arrivedMs) {
  const part = parts.get(query) ?? { sentMs: [], arrivedMs: [] };
  parts.set(query, part);
  part.sentMs.push(Number(sentMs.toFixed(2)));
  part.arrivedMs.push(Number(arrivedMs.toFixed(2)));
}

function count(what) {
  errors.set(String(what), (errors.get(String(what)) ?? 0) + 1);
}

function open() {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject);
  });
}

const sockets = [];
while (sockets.length < viewers) {
  sockets.push(...await Promise.all(Array.from({ length: Math.min(CONNECT_AT_ONCE, viewers - sockets.length) }, open)));
}
for (const socket of sockets) new Viewer(socket, '');
setTimeout(() => {
  isOver = true;
  for (const socket of sockets) socket.destroy();
  process.stdout.write(JSON.stringify({ parts: Object.fromEntries(parts), errors: Object.fromEntries(errors) }));
}, seconds * 1000);
