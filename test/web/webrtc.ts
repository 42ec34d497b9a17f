import t from 'tap';
import { withServersNumbers } from '../../src/web/playback/webrtc/extension-numbers.js';
import { lossShare, PictureHealth, type Look } from '../../src/web/playback/webrtc/health.js';
import { iceServersOf } from '../../src/web/playback/webrtc/ice-servers.js';
import { reportedDelaySec } from '../../src/web/playback/webrtc/reported-delay.js';
import { Route, type Setback } from '../../src/web/playback/webrtc/route.js';
import { rtpAgeSec, rtpTimeMs } from '../../src/web/playback/webrtc/rtp-time.js';
import { inStereo } from '../../src/web/playback/webrtc/whep.js';

const WRAP = 2 ** 32;

t.test('the moment of an RTP timestamp, over its wraps', async (t) => {
  const capturedMs = Date.UTC(2026, 2, 1, 12, 0, 0, 123);
  const stamp = (ms: number) => Math.round(ms * 90) % WRAP;
  for (const awayMs of [0, 40, -40, 20_000, -20_000, 6 * 3_600_000]) t.equal(rtpTimeMs(stamp(capturedMs), capturedMs + awayMs), capturedMs, `seen ${awayMs} ms later`);
  // The first stamp after a wrap, seen just before and just after it.
  const wrapMs = Math.ceil(capturedMs * 90 / WRAP) * WRAP / 90;
  t.equal(rtpTimeMs(0, wrapMs - 5), wrapMs);
  t.equal(rtpTimeMs(WRAP - 90, wrapMs + 5), wrapMs - 1);
});

t.test('the age of a picture, where its stamp can be one', async (t) => {
  const nowMs = 1_772_366_400_000;
  const stampedBefore = (ms: number) => Math.round((nowMs - ms) * 90) % WRAP;
  t.equal(rtpAgeSec(stampedBefore(180), nowMs), 0.18);
  t.equal(rtpAgeSec(stampedBefore(-20), nowMs), 0, 'clocks differ a little');
  t.equal(rtpAgeSec(stampedBefore(3_600_000), nowMs), undefined, 'the stamp of another clock');
  t.equal(rtpAgeSec(stampedBefore(-2_000), nowMs), undefined);
});

t.test('the delay of a picture by the reports of the server', async (t) => {
  const report = (played: number | undefined, remoteTimestamp = 2_086_015_588_074) => new Map(Object.entries({
    sound: { id: 'sound', type: 'inbound-rtp', kind: 'audio' },
    picture: { id: 'picture', type: 'inbound-rtp', kind: 'video', remoteId: 'sender', timestamp: 1_795_284_567_080, estimatedPlayoutTimestamp: played },
    sender: { id: 'sender', type: 'remote-outbound-rtp', timestamp: 1_795_284_566_928, remoteTimestamp },
    pair: { id: 'pair', type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.02 },
  }));
  const inMs = (sec: number | undefined) => sec === undefined ? undefined : Math.round(sec * 1000);
  t.equal(inMs(reportedDelaySec(report(37_092_191))), 45, 'as Chromium counts, of a server whose clock began with the machine');
  t.equal(inMs(reportedDelaySec(report(1_795_284_567_000, 1_795_284_566_928))), 90, 'from 1970');
  t.equal(reportedDelaySec(report(undefined)), undefined);
  t.equal(reportedDelaySec(report(36_000_000)), undefined, 'what is not believable is unknown');
});

t.test('the ICE servers that links name', async (t) => {
  t.same(iceServersOf(null), []);
  t.same(iceServersOf('<stun:stun.example.net>; rel="ice-server"'), [{ urls: 'stun:stun.example.net' }]);
  t.same(iceServersOf([
    '<stun:stun.example.net>;rel=ice-server',
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="1772366400:ada, \\"x\\""; credential="a;b=c,d"; credential-type="password"',
    '<turns:turn.example.net:443?transport=tcp>; username="u"; credential="p"; rel="ice-server"',
    '</docs>; rel="help"; title="turn:, <b>"',
    '<https://example.net/>; rel="ice-server"',
  ].join(', ')), [
    { urls: 'stun:stun.example.net' },
    { urls: 'turn:turn.example.net?transport=udp', username: '1772366400:ada, "x"', credential: 'a;b=c,d' },
    { urls: 'turns:turn.example.net:443?transport=tcp', username: 'u', credential: 'p' },
  ]);
});

t.test('the offer asks for stereo, once', async (t) => {
  const offer = ['a=rtpmap:96 H264/90000', 'a=fmtp:96 profile-level-id=42e01f', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1', ''].join('\r\n');
  const asked = offer.replace('useinbandfec=1', 'useinbandfec=1;stereo=1');
  t.equal(inStereo(offer), asked);
  t.equal(inStereo(asked), asked);
  t.equal(inStereo('a=rtpmap:96 H264/90000\r\n'), 'a=rtpmap:96 H264/90000\r\n');
});

t.test('the offer numbers extensions as the server does, each number once', async (t) => {
  const offer = (numbers: number[]) => ['urn:ietf:params:rtp-hdrext:toffset', 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay']
    .map((uri, i) => `a=extmap:${numbers[i]}${i === 3 ? '/recvonly' : ''} ${uri}\r\n`).join('');
  t.equal(withServersNumbers(offer([1, 2, 4, 5])), offer([1, 4, 5, 14]), 'Chromium');
  t.equal(withServersNumbers(offer([5, 4, 7, 6])), offer([7, 4, 5, 14]), 'Firefox');
  t.equal(withServersNumbers('v=0\r\n'), 'v=0\r\n');
});

/** Looks four times a second at a connection that does each second what is asked for. */
function watch(seconds: { frames?: number; lost?: number; frozenSec?: number }[]): string[] {
  const health = new PictureHealth(0);
  const look: Look = { atMs: 0, progress: 0, packets: 0, lost: 0, frozenSec: 0 };
  return seconds.map(({ frames = 30, lost = 0, frozenSec = 0 }) => {
    const said = [1, 2, 3, 4].map(() => {
      look.atMs += 250;
      look.progress += frames / 4;
      look.packets += (100 - lost) / 4;
      look.lost += lost / 4;
      look.frozenSec += frozenSec / 4;
      return health.judge({ ...look });
    });
    return said.find((one) => one !== 'fine') ?? 'fine';
  });
}

t.test('a picture that stands still for a second and a half is stalled, until it moves', async (t) => {
  t.same(watch([{}, { frames: 0 }, { frames: 0 }, { frames: 0 }, {}]), ['fine', 'fine', 'stalled', 'stalled', 'fine']);
});

t.test('a picture that stumbles for some seconds is poor', async (t) => {
  const [good, frozen, lossy] = [{}, { frozenSec: 0.5 }, { lost: 30 }];
  t.same(watch([good, good, good, frozen, good, good, good]), Array(7).fill('fine'), 'once is nothing');
  t.same(watch([good, good, good, frozen, good, frozen, good]).filter((one) => one === 'poor').length, 1);
  t.same(watch([good, good, good, lossy, lossy, lossy, lossy, lossy]).filter((one) => one === 'poor').length, 2, 'it is said again while it lasts');
  t.same(watch([frozen, frozen, good, good]), Array(4).fill('fine'), 'at the start pictures come in bursts');
  t.same(watch(Array(8).fill({ lost: 10 })), Array(8).fill('fine'), 'what is sent again in time is no loss that shows');
});

t.test('the share of packets that were lost', async (t) => {
  t.equal(lossShare({ packets: 100, lost: 5 }, { packets: 190, lost: 15 }), 0.1);
  t.equal(lossShare({ packets: 100, lost: 5 }, { packets: 190, lost: 3 }), 0, 'late ones came after all');
  t.equal(lossShare({ packets: 100, lost: 5 }, { packets: 100, lost: 5 }), 0);
});

const FAILED: Setback = { cause: 'failed', reason: 'No way.' };
const MINUTE = 60_000;

/** When the next try is due after a setback at a time, ms later. */
function pauseAfter(route: Route, setback: Setback, nowMs: number): number {
  route.failed(setback, nowMs);
  const due = Array.from({ length: 1_300 }, (_, n) => n * 500).find((ms) => route.isDue(nowMs + ms));
  return due ?? Infinity;
}

t.test('real time is tried again after pauses that grow', async (t) => {
  const route = new Route({ random: () => 0 });
  t.ok(route.isPromising && route.isDue(0));
  t.same([1, 2, 3, 4, 5, 6, 7].map((n) => pauseAfter(route, FAILED, n * 10 * MINUTE) / 1000), [15, 30, 60, 120, 240, 300, 300]);
  t.notOk(route.isPromising, 'nobody waits for it any more');
  t.equal(route.setback, FAILED);
  route.shown(100 * MINUTE);
  t.equal(route.setback, undefined);
  t.equal(pauseAfter(route, FAILED, 100.5 * MINUTE), 300_000, 'half a minute of playback proves little');
  route.shown(120 * MINUTE);
  t.equal(pauseAfter(route, FAILED, 121 * MINUTE), 15_000, 'a minute does');
});

t.test('a server that is full says when to come again, and not all come at once', async (t) => {
  const busy: Setback = { cause: 'busy', reason: 'Full.', retryAfterSec: 40 };
  t.equal(pauseAfter(new Route({ random: () => 0 }), busy, 0), 40_000);
  t.equal(pauseAfter(new Route({ random: () => 1 }), busy, 0), 48_000);
  t.equal(pauseAfter(new Route({ random: () => 0 }), { ...busy, retryAfterSec: 1 }, 0), 15_000);
});

t.test('a refusal is for good, until the stream comes back', async (t) => {
  const route = new Route({ random: () => 0 });
  t.equal(pauseAfter(route, { cause: 'refused', reason: 'HEVC.' }, 0), Infinity);
  route.reopen();
  t.ok(route.isDue(0));
  t.notOk(route.isPromising, 'but it is tried behind what plays');
});

t.test('two troubles within half a minute are one too many', async (t) => {
  const route = new Route({ random: () => 0 });
  t.same([0, 31_000, 50_000, 60_000, 80_000].map((nowMs) => route.troubled(nowMs)), ['stay', 'stay', 'leave', 'stay', 'leave']);
});
