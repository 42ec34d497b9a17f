// Viewers of one broadcast by WHEP who do not decode.
//   node receivers.mjs '{"url":…,"count":…,"alone":…,"atOnce":…,"seconds":…,"stay":…,"certificate":…,"key":…,"srtp":"gcm"}'
// stay: all come, the first `alone` one after the other, and stay for `seconds`; else each leaves once it has a picture.
// Says, as a line of JSON each: {"joined":…}, {"from":…} and {"to":…} at the ends of the time that counts, {"left":…}.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SRTP_PROFILES } from './receiver/dtls-client.mjs';
import { Receiver } from './receiver/receiver.mjs';

const options = JSON.parse(process.argv[2]);
const certificate = new X509Certificate(readFileSync(options.certificate));
const identity = { certificate: certificate.raw, fingerprint: certificate.fingerprint256, key: createPrivateKey(readFileSync(options.key)), srtpProfiles: SRTP_PROFILES[options.srtp] };
/** After the last one has come, replays of what it missed are still under way. */
const SETTLING_MS = 3_000;
/** Longer than from one key frame to the next, and no multiple of it. */
const ALONE_PAUSE_MS = 1_130;
/** Fewer than what one address may join in ten seconds. */
const JOINS_PER_ADDRESS = 40;

const errors = new Map();
const receivers = [];
const pictures = [];
const [answerMs, firstPacketMs] = [[], []];
let joins = 0;

/** Loopback addresses, so many that no limit for one address counts: those of this process differ from the next one's. */
function nextAddress() {
  const block = Math.floor(joins++ / JOINS_PER_ADDRESS);
  return `127.${1 + (process.pid % 250)}.${(process.pid >> 8) % 250}.${1 + (block % 250)}`;
}

/** Whose answer is there makes room for the next one, and its picture comes meanwhile; who leaves waits for it. */
async function visit() {
  const receiver = new Receiver({ url: options.url, from: nextAddress(), ...identity });
  try {
    const joined = await receiver.join();
    answerMs.push(joined.answerMs);
    const stayed = joined.firstPacketMs.then((ms) => {
      firstPacketMs.push(ms);
      if (options.stay) receivers.push(receiver);
      else return receiver.leave();
    }).catch((error) => fail(receiver, error));
    pictures.push(stayed);
    if (!options.stay) await stayed;
  } catch (error) {
    await fail(receiver, error);
  }
}

async function fail(receiver, error) {
  errors.set(error.message, (errors.get(error.message) ?? 0) + 1);
  await receiver.leave().catch(() => undefined);
}

/** So many at the same time, each followed by the next. */
async function visits(count, atOnce, pauseMs = 0) {
  let left = count;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      await visit();
      if (pauseMs > 0) await delay(pauseMs);
    }
  }));
  return Number(((performance.now() - startedMs) / 1000).toFixed(3));
}

/** Datagrams that came to our sockets and found no room: lost here, not by the server. */
function droppedHere() {
  const ports = new Set(receivers.map(({ port }) => port));
  const lines = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1).map((line) => line.trim().split(/\s+/));
  return lines.filter(([, local]) => ports.has(Number.parseInt(local.split(':')[1], 16))).reduce((sum, fields) => sum + Number(fields.at(-1)), 0);
}

function counts() {
  const each = receivers.map((receiver) => receiver.counts);
  const sum = (name) => each.reduce((total, one) => total + one[name], 0);
  return { atMs: performance.now(), sent: sum('sent'), received: sum('received'), bytes: sum('bytes'), droppedHere: droppedHere() };
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await visits(options.alone, 1, ALONE_PAUSE_MS);
await Promise.all(pictures);
const alone = firstPacketMs.splice(0);
answerMs.length = 0;
const crowdSec = await visits(options.count - options.alone, options.atOnce);
await Promise.all(pictures);
say({ joined: { alone, crowd: firstPacketMs, answerMs, crowdSec, errors: Object.fromEntries(errors) } });
if (options.stay) {
  await delay(SETTLING_MS);
  say({ from: counts() });
  await delay(options.seconds * 1000);
  say({ to: counts() });
  await Promise.allSettled(receivers.map((receiver) => receiver.leave()));
}
say({ left: joins });
