import { chromiumOffer, dataChannel, firefoxOffer, gstreamerOffer, simpleOffer, simulcastOffer } from '../../support/sdp-offers.js';
import { Random } from '../rtmp/sessions.js';

export interface FuzzRequest {
  method: string;
  headers: Record<string, string>;
  body: string;
}

/** One player or publisher: an offer, what it sends to its session, and how it leaves. */
export interface FuzzCase {
  door: 'whep' | 'whip';
  path: string;
  offer: FuzzRequest;
  patches: FuzzRequest[];
  /** `hang-up`: closes its connection while the offer is answered. `stay`: the stream ends before the player. */
  ending: 'delete' | 'hang-up' | 'stay';
}

const OFFERS = [chromiumOffer, firefoxOffer, gstreamerOffer, simpleOffer, chromiumOffer + dataChannel, simulcastOffer];
const SENT_OFFERS = [simulcastOffer, ...[chromiumOffer, firefoxOffer, gstreamerOffer, simpleOffer, chromiumOffer + dataChannel].map(asSent)];
const SAME_ICE = 'a=ice-ufrag:zjkk\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\n';
const NEW_ICE = 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n';
const CANDIDATES = 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag zjkk network-id 1\r\na=candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\na=end-of-candidates\r\n';
const FRAGMENTS = [SAME_ICE + CANDIDATES, NEW_ICE + CANDIDATES, NEW_ICE, CANDIDATES, SAME_ICE, `a=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\n${CANDIDATES}${NEW_ICE}`];
const SLUGS = ['ada', 'Ada', 'eve', 'a%2e%2e', '%00', '__proto__', '%0d%0aX-Evil:1', 'x'.repeat(300), '%F0%9F%98%80', '%ff'];
const WHIP_PATHS = ['/whip/', '/whip//', '/whip/%00', '/whip/__proto__', '/whip/%0d%0aX-Evil:1', '/whip?key=tm_1', `/whip/${'x'.repeat(300)}`, '/whip/%ff'];
const credentialsOf = (key: string): string[] => [
  '', 'Bearer', 'Bearer  ', `bearer ${key}`, `Bearer   ${key}  `, `Basic ${key}`, 'Bearer tm_wrong', `Bearer ${key} ${key}`, `Bearer ${key},Bearer ${key}`, `Bearer ${'x'.repeat(4_000)}`, 'Bearer __proto__', 'Bearer \u00ff',
];
const TYPES = ['application/sdp', 'Application/SDP; charset=utf-8', 'application/sdp; charset=latin1', 'application/sdp; charset=utf-7', 'application/trickle-ice-sdpfrag', 'text/plain', 'application/json', ''];
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'POST'];
const CONDITIONS = ['*', '"*"', '"other"', 'W/"*"', '', '*, *', '"', '""', ','.repeat(2_000)];
const EDGES = ['0', '-1', '1', '14', '15', '16', '127', '128', '255', '256', '65535', '65536', '4294967295', '4294967296', '9007199254740993', '1e9', 'NaN', 'Infinity', '0x10', '00', ''];
const WORDS = ['*', 'video', 'audio', 'application', 'rtx', 'H264', 'opus', '__proto__', 'constructor', 'toString', 'sendonly', 'recvonly', 'inactive', 'BUNDLE', 'apt=96', 'actpass', 'holdconn', 'sha-1', '\u0000', '\u2028', '😀', ' ', '\t', '"', '<>', 'a'.repeat(1_500)];
const LINES = [
  'a=rtcp-mux', 'a=bundle-only', 'a=inactive', 'a=sendrecv', 'a=mid:0', 'a=mid:', 'a=group:BUNDLE 0 1 2 3', 'a=group:LS 0 1', 'a=setup:passive', 'a=ice-lite', 'a=ice-options:renomination',
  'a=fmtp:96 apt=97', 'a=fmtp:102 packetization-mode=0;profile-level-id=640033', 'a=fmtp:106 profile-level-id=', 'a=fmtp:97 apt=apt', 'a=rtpmap:96 H264/90000', 'a=rtpmap:111 opus/48000/1e3',
  'a=rtcp-fb:* nack pli', 'a=rtcp-fb:96 trr-int 100', 'a=extmap:1 urn:ietf:params:rtp-hdrext:encrypt urn:ietf:params:rtp-hdrext:toffset', 'a=extmap:15/recvonly urn:3gpp:video-orientation', 'a=extmap-allow-mixed',
  'a=ssrc:1 msid:a b', 'a=ssrc:2 msid:a c', 'a=ssrc-group:FID 1 2', 'a=ssrc-group:FID 1', 'a=rid:h send', 'a=simulcast:send h;~q', 'a=imageattr:96 send [x=1] recv *', 'a=candidate:x',
  'a=fingerprint:sha-512 00:11', 'a=ice-ufrag:x', 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'm=', 'm=video', 'v=1', 'o=-', 's', 'a=', 'a=__proto__:1', 'a=framerate:1.1.1', 'a=ptime:1.1.1.1.1',
];

type Mutation = (random: Random, text: string) => string;

const MUTATIONS: Mutation[] = [
  (random, text) => atLine(random, text, () => []),
  (random, text) => atLine(random, text, (line) => [line, line]),
  (random, text) => atLine(random, text, (line) => [line, random.pick(LINES)]),
  (random, text) => atLine(random, text, (line) => [line, ...text.split('\r\n').slice(0, random.int(40))]),
  (random, text) => atLine(random, text, () => text.split('\r\n').slice(random.int(20), 20 + random.int(40))),
  (random, text) => replaceOne(random, text, /\d+/g, random.pick(EDGES)),
  (random, text) => replaceOne(random, text, /\d+/g, random.pick(EDGES)),
  (random, text) => replaceOne(random, text, /[A-Za-z-]{3,}/g, random.pick(WORDS)),
  (random, text) => replaceOne(random, text, /[ :;=/]/g, random.pick(WORDS)),
  (random, text) => text.replaceAll(random.pick(['recvonly', 'actpass', '0 1', 'rtcp-mux', 'UDP/TLS/', 'a=mid:', 'a=group']), random.pick(WORDS)),
  (random, text) => text.slice(0, random.int(text.length + 1)),
  (random, text) => text.replaceAll('\r\n', random.pick(['\n', '\r', '\n\n', ' '])),
  (random, text) => flipBytes(random, text),
  (random, text) => (random.chance(10) ? text.repeat(1 + random.int(30)) : text),
  (random, text) => (random.chance(10) ? text + `${random.pick(LINES)}\r\n`.repeat(random.int(3_000)) : text),
];

/** Case number `index` of a run: a player that is right, mutated. */
export function makeCase(seed: number, index: number): FuzzCase {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b));
  const door = random.chance(50) ? 'whep' : 'whip';
  return {
    door,
    ...(door === 'whep' ? playerOf(random) : publisherOf(random, index)),
    patches: Array.from({ length: random.int(4) }, () => requestOf(random, { method: 'PATCH', type: 'application/trickle-ice-sdpfrag', body: mutate(random, random.pick(FRAGMENTS)) })),
    ending: random.chance(3) ? 'hang-up' : random.chance(20) ? 'stay' : 'delete',
  };
}

function playerOf(random: Random): Pick<FuzzCase, 'path' | 'offer'> {
  const slug = random.chance(90) ? 'ada' : random.pick(SLUGS);
  return { path: `/whep/${slug}`, offer: requestOf(random, { method: 'POST', type: 'application/sdp', body: mutate(random, random.pick(OFFERS)) }) };
}

/** With a key of its own: two that share a channel would end each other. */
function publisherOf(random: Random, index: number): Pick<FuzzCase, 'path' | 'offer'> {
  const { method, headers, body } = requestOf(random, { method: 'POST', type: 'application/sdp', body: mutate(random, random.pick(SENT_OFFERS)) });
  const authorization = random.chance(90) ? `Bearer tm_${index}` : random.pick(credentialsOf(`tm_${index}`));
  return {
    path: random.chance(95) ? '/whip' : random.pick(WHIP_PATHS),
    offer: { method, headers: { ...headers, ...(authorization === '' ? {} : { authorization }) }, body },
  };
}

/** A player's offer as that of a publisher, which names its streams. */
function asSent(offer: string): string {
  let ssrc = 1_000;
  return offer.replaceAll(/^a=recvonly\r\n/gm, () => `a=sendonly\r\na=ssrc:${++ssrc} cname:fuzz\r\n`);
}

function requestOf(random: Random, { method, type, body }: { method: string; type: string; body: string }): FuzzRequest {
  const condition = random.chance(70) ? '*' : random.pick(CONDITIONS);
  return {
    method: random.chance(97) ? method : random.pick(METHODS),
    headers: {
      'content-type': random.chance(95) ? type : random.pick(TYPES),
      ...(method === 'PATCH' && condition !== '' ? { 'if-match': condition } : {}),
      ...(random.chance(2) ? { 'content-encoding': random.pick(['gzip', 'identity', 'br', 'x']) } : {}),
      ...(random.chance(2) ? { expect: '100-continue' } : {}),
      ...(random.chance(3) ? { 'user-agent': random.pick(['', 'x'.repeat(4_000), '\u00ff\u00fe']) } : {}),
    },
    body,
  };
}

/** A third stays as it is: what comes after an offer that is taken wants to be reached too. */
function mutate(random: Random, text: string): string {
  const count = random.int(4) + (random.chance(10) ? 8 : 0);
  let mutated = text;
  for (let i = 0; i < count; i++) mutated = random.pick(MUTATIONS)(random, mutated);
  return mutated;
}

function atLine(random: Random, text: string, change: (line: string) => string[]): string {
  const lines = text.split('\r\n');
  const at = random.int(lines.length);
  return lines.flatMap((line, i) => (i === at ? change(line) : [line])).join('\r\n');
}

function replaceOne(random: Random, text: string, pattern: RegExp, by: string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { index, 0: old } = random.pick(found);
  return text.slice(0, index) + by + text.slice(index + old.length);
}

function flipBytes(random: Random, text: string): string {
  const bytes = Buffer.from(text);
  for (let count = bytes.length === 0 ? 0 : 1 + random.int(8); count > 0; count--) bytes[random.int(bytes.length)] = random.int(256);
  return bytes.toString('latin1');
}
