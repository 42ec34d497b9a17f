import t from 'tap';
import { Problem } from '../../src/web/api/problem.js';
import { cameraWish, devicesOf, readChoices, rememberChoices } from '../../src/web/studio/go-live/capture/devices.js';
import { barShare, heldLevel, levelOf, loudnessOf } from '../../src/web/studio/go-live/capture/level.js';
import { captureWords, obstacleIn } from '../../src/web/studio/go-live/capture/obstacle.js';
import { LiveShow, type SessionEvents } from '../../src/web/studio/go-live/publish/live-show.js';
import { readOutbound, type Outbound, type OutboundEntry } from '../../src/web/studio/go-live/publish/outbound.js';
import { h264First, planFor, wantingStereo } from '../../src/web/studio/go-live/publish/plan.js';
import { adviseSender, sendingBetween } from '../../src/web/studio/go-live/publish/sending.js';
import { ConnectionFailed, isFinal, pauseMs, setbackWords } from '../../src/web/studio/go-live/publish/setback.js';
import { encoderName } from '../../src/web/studio/encoder-name.js';
import { adviseRealTime } from '../../src/web/studio/real-time-advice.js';
import { until } from '../support/until.js';

t.test('the studio says who watches in real time', async (t) => {
  const rung = { name: '720p', kind: 'video' as const, origin: 'encoded' as const, kbps: 2500, segments: 4 };
  const ladder = { mode: 'auto' as const, renditions: [rung], dropped: [], notes: [] };
  const words = (realTime: { possible: boolean; note?: string }, renditions = [rung]) => adviseRealTime({ realTime, ladder: { ...ladder, renditions } }).map(({ level, message }) => `${level}: ${message}`);
  t.same(words({ possible: true }), ['ok: Real time: yes, viewers can watch well below a second behind you.']);
  t.same(words({ possible: true, note: 'the source has B-frames' }), ['info: Real time: the 720p rung in place of your picture, because the source has B-frames.']);
  t.same(words({ possible: true, note: 'the source has B-frames' }, [rung, { ...rung, name: '480p' }]), ['info: Real time: an encoded rung in place of your picture, because the source has B-frames.']);
  t.same(words({ possible: false, note: 'there is no mediasoup worker' }), ['info: Real time: no, because there is no mediasoup worker.']);
  t.same(words({ possible: false }), [], 'nothing has arrived yet');
  t.same(adviseRealTime({}), [], 'off air');
});

t.test('why a browser cannot go live, in words that help', async (t) => {
  const fine = { isSecure: true, hasDevices: true, hasWebRtc: true };
  t.equal(obstacleIn(fine), undefined);
  t.match(obstacleIn({ ...fine, isSecure: false, hasDevices: false }), /https/);
  t.match(obstacleIn({ ...fine, hasWebRtc: false }), /WebRTC/);
  const words = (name: string, message = '') => captureWords('camera', new DOMException(message, name));
  t.match(words('NotAllowedError'), /Allow it in the browser/);
  t.match(words('NotAllowedError', 'Permission denied by system'), /system’s privacy settings/);
  t.match(words('NotFoundError'), /No camera was found/);
  t.match(words('NotReadableError'), /Another program/);
  t.match(captureWords('screen', new DOMException('', 'NotAllowedError')), /No screen was chosen/);
  t.match(captureWords('microphone', 'odd'), /microphone does not start/);
});

t.test('the device menus, and what is remembered for them', async (t) => {
  const list = [
    { kind: 'videoinput' as const, deviceId: 'a', label: 'C920 (046d:082d)' },
    { kind: 'videoinput' as const, deviceId: 'b', label: '' },
    { kind: 'audioinput' as const, deviceId: 'm', label: 'Headset' },
  ];
  t.same(devicesOf(list, 'videoinput'), [{ id: 'a', label: 'C920' }, { id: 'b', label: 'Camera 2' }]);
  t.same(devicesOf([{ kind: 'audioinput', deviceId: '', label: '' }], 'audioinput'), [], 'nobody has allowed it yet');
  const values = new Map<string, string>();
  const remembered = { getItem: (key: string) => values.get(key) ?? null, setItem: (key: string, value: string) => void values.set(key, value), removeItem: () => undefined };
  t.same(readChoices(remembered), { cameraId: undefined, microphoneId: undefined, lines: 720 });
  rememberChoices(remembered, { cameraId: 'a', microphoneId: undefined, lines: 1080 });
  t.same(readChoices(remembered), { cameraId: 'a', microphoneId: undefined, lines: 1080 });
  t.match(cameraWish('a', 1080), { deviceId: { exact: 'a' }, width: { ideal: 1920 }, height: { ideal: 1080 } });
  t.notOk('deviceId' in cameraWish(undefined, 720), 'the browser chooses');
});

t.test('the level meter says what a streamer would say', async (t) => {
  const sine = (amplitude: number) => Array.from({ length: 480 }, (_, n) => amplitude * Math.sin(n / 7));
  t.same([0, 0.0005, 0.01, 0.15, 1].map((amplitude) => loudnessOf(levelOf(sine(amplitude)))), ['silent', 'silent', 'quiet', 'good', 'loud']);
  t.equal(barShare(levelOf([])), 0);
  t.equal(Math.round(barShare(levelOf(sine(1))) * 100), 95);
  const held = heldLevel(levelOf(sine(1)), levelOf([0]), 500);
  t.equal(Math.round(held.powerDb), -18, 'it falls, slowly enough to be read');
});

t.test('H.264 comes first, in its better kind, and the rest stays', async (t) => {
  const codecs = ['video/VP8', 'video/rtx', 'video/H264;packetization-mode=0', 'video/AV1', 'video/H264;packetization-mode=1'].map((text) => {
    const [mimeType = '', sdpFmtpLine] = text.split(';');
    return { mimeType, ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }) };
  });
  t.same(h264First(codecs).map(({ mimeType, sdpFmtpLine = '' }) => `${mimeType} ${sdpFmtpLine}`.trim()), [
    'video/H264 packetization-mode=1', 'video/H264 packetization-mode=0', 'video/VP8', 'video/rtx', 'video/AV1',
  ]);
});

t.test('the answer asks for stereo', async (t) => {
  const plain = 'a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n';
  t.equal(wantingStereo(plain, 128), 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1;maxaveragebitrate=128000\r\na=rtcp-fb:111 transport-cc\r\n');
  const given = 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;stereo=0;useinbandfec=1\r\n';
  const asked = 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=1;maxaveragebitrate=128000\r\n';
  t.equal(wantingStereo(given, 128), asked);
  t.equal(wantingStereo(asked, 128), asked);
  t.equal(wantingStereo('a=rtpmap:96 H264/90000\r\n', 128), 'a=rtpmap:96 H264/90000\r\n');
});

t.test('a face moves, a screen stays sharp', async (t) => {
  t.same(planFor('camera', 720), { maxKbps: 2500, contentHint: 'motion' });
  t.same(planFor('screen', 1080), { maxKbps: 4500, contentHint: 'detail' });
});

/** A look at a connection that has sent for some seconds at 30 fps and 2.4 Mbps. */
function sentFor(sec: number, more: Partial<Outbound> = {}): Outbound {
  return { atMs: sec * 1000, bytes: sec * 300_000, frames: sec * 30, packets: sec * 250, lost: 0, width: 1280, height: 720, rttMs: 20, limitation: 'none', targetKbps: 2_400, videoCodec: 'H264', ...more };
}

t.test('what is sent, from the browser’s statistics', async (t) => {
  const report: OutboundEntry[] = [
    { type: 'outbound-rtp', id: 'v', timestamp: 0, kind: 'video', codecId: 'c', bytesSent: 1_000, packetsSent: 10, framesSent: 3, frameWidth: 1280, frameHeight: 720, qualityLimitationReason: 'cpu', targetBitrate: 900_000 },
    { type: 'outbound-rtp', id: 'a', timestamp: 0, kind: 'audio', bytesSent: 200, packetsSent: 5 },
    { type: 'codec', id: 'c', timestamp: 0, mimeType: 'video/H264' },
    { type: 'remote-inbound-rtp', id: 'r', timestamp: 0, packetsLost: 2, roundTripTime: 0.5 },
    { type: 'candidate-pair', id: 'p', timestamp: 0, nominated: true, state: 'succeeded', currentRoundTripTime: 0.021 },
  ];
  t.same(readOutbound(report, 7), { atMs: 7, bytes: 1_200, frames: 3, packets: 15, lost: 2, width: 1280, height: 720, rttMs: 21, limitation: 'cpu', targetKbps: 900, videoCodec: 'H264' });
  t.same(sendingBetween(sentFor(10), sentFor(12, { lost: 25 })), { fps: 30, kbps: 2400, lossShare: 0.05, width: 1280, height: 720, rttMs: 20, limitation: 'none', targetKbps: 2400, videoCodec: 'H264' });
  t.match(sendingBetween(sentFor(10, { lost: 9 }), sentFor(12)), { lossShare: 0 }, 'late ones came after all');
});

t.test('what a streamer is told of the sending', async (t) => {
  const codes = (more: Partial<Outbound>, connectedMs = 60_000) => adviseSender(sendingBetween(sentFor(10), sentFor(12, more)), { connectedMs, lines: 720 }).map(({ code }) => code);
  t.same(codes({}), ['sending_well']);
  t.same(codes({ limitation: 'cpu' }), ['limited_by_cpu']);
  t.same(codes({ limitation: 'bandwidth', targetKbps: 600, lost: 100, rttMs: 400 }), ['limited_by_bandwidth', 'packets_lost', 'far_away']);
  t.same(codes({ limitation: 'bandwidth', targetKbps: 600 }, 3_000), ['sending_well'], 'browsers begin small');
  t.same(codes({ limitation: 'bandwidth', bytes: 3_100_000, targetKbps: 2_300 }), ['sending_well'], 'a still picture needs little');
  t.same(codes({ bytes: 3_000_000 }), ['nothing_sent']);
  const words = (lines: 720 | 1080) => adviseSender(sendingBetween(sentFor(10), sentFor(12, { limitation: 'cpu' })), { connectedMs: 60_000, lines })[0]?.message ?? '';
  t.match(words(1080), /choose 720p/);
  t.notMatch(words(720), /720p/);
});

const refused = (status: number, code: string, retryAfterSec?: number) => new Problem({ status, code, message: 'the rule', retryAfterSec });

t.test('which setbacks are final, how long to wait after the others, and the words', async (t) => {
  t.same([403, 404, 409, 429, 503, 0].map((status) => isFinal(refused(status, 'x'))), [true, true, true, false, false, false]);
  t.notOk(isFinal(new ConnectionFailed()));
  t.same([1, 2, 3, 4, 5, 9].map((n) => pauseMs(n, new ConnectionFailed())), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  t.equal(pauseMs(1, refused(429, 'x', 30)), 30_000);
  t.equal(setbackWords(refused(503, 'webrtc_unavailable')), 'This server cannot take a stream from a browser: The rule.');
  t.match(setbackWords(refused(403, 'stream_key_rejected')), /revoked/);
  t.match(setbackWords(refused(404, 'unexpected')), /Use OBS/);
});

/** A show on a server and connections that the test moves by hand. */
function staged(options: { publishedForSec?: () => number | undefined; createKey?: () => Promise<{ id: string; key: string }> } = {}) {
  const said: string[] = [];
  const sessions: SessionEvents[] = [];
  let nowMs = 0;
  const show = new LiveShow({
    server: {
      createKey: options.createKey ?? (async () => ({ id: '1', key: 'secret' })),
      revokeKey: async (id) => void said.push(`revoked ${id}`),
      publishedForSec: async () => options.publishedForSec?.(),
      tidy: async () => undefined,
    },
    openSession: (key, events) => {
      const number = sessions.push(events);
      said.push(`offer ${number} with ${key}`);
      return { close: async () => void said.push(`closed ${number}`), drop: () => void said.push(`dropped ${number}`) };
    },
    pauseMs: () => 1,
    nowMs: () => nowMs,
  });
  const session = (number: number) => until(`session ${number}`, () => sessions[number - 1], 2_000);
  return { show, said, session, pass: (ms: number) => void (nowMs += ms) };
}

t.test('a show from its key to the end of its key', async (t) => {
  const { show, said, session } = staged();
  (await session(1)).connected();
  t.same(show.state, { name: 'sending' });
  await show.end();
  t.same(show.state, { name: 'ended', reason: undefined });
  t.same(said, ['offer 1 with secret', 'closed 1', 'revoked 1']);
});

t.test('a connection that breaks is replaced, with the same key, until it works', async (t) => {
  const { show, said, session } = staged();
  (await session(1)).connected();
  (await session(1)).failed(new ConnectionFailed());
  t.match(show.state, { name: 'reconnecting' });
  (await session(2)).failed(refused(503, 'busy'));
  (await session(3)).connected();
  t.same(show.state, { name: 'sending' });
  t.same(said, ['offer 1 with secret', 'offer 2 with secret', 'offer 3 with secret']);
  show.leave();
  t.same(said.slice(3), ['closed 3', 'revoked 1'], 'both are on their way before the page is gone');
});

t.test('who cannot begin is told at once, and no key is left', async (t) => {
  const { show, said, session } = staged();
  (await session(1)).failed(new ConnectionFailed());
  t.match(show.state, { name: 'ended', reason: /firewall/ });
  await until('the key is gone', () => (said.includes('revoked 1') ? true : undefined));
  const full = staged({ createKey: async () => { throw refused(409, 'too_many_stream_keys'); } });
  t.match(await until('a word', () => (full.show.state.name === 'ended' ? full.show.state : undefined)), { reason: 'The rule.' });
  t.same(full.said, []);
});

t.test('a show that the server has ended stays ended', async (t) => {
  const { show, said, session, pass } = staged();
  (await session(1)).connected();
  show.missed();
  t.match(show.state, { name: 'sending' }, 'what the server says may be older');
  pass(10_000);
  show.missed();
  t.match(show.state, { name: 'reconnecting' }, 'it may have lost the connection only');
  (await session(2)).failed(refused(409, 'stream_ended_lately'));
  t.match(show.state, { name: 'ended', reason: /ended in the studio/ });
  t.same(said.slice(0, 3), ['offer 1 with secret', 'dropped 1', 'offer 2 with secret'], 'no goodbye, which would end the broadcast');
});

t.test('another encoder that took the channel keeps it; an own connection that lingers is none', async (t) => {
  let otherSec = 60;
  const { show, session, pass } = staged({ publishedForSec: () => otherSec });
  (await session(1)).answered();
  (await session(1)).connected();
  pass(60_000);
  (await session(1)).failed(new ConnectionFailed());
  (await session(2)).answered();
  (await session(2)).connected();
  t.same(show.state, { name: 'sending' });
  pass(4_000);
  otherSec = 2;
  (await session(2)).failed(new ConnectionFailed());
  t.match(await until('the end', () => (show.state.name === 'ended' ? show.state : undefined)), { reason: /Another encoder/ });
});

t.test('what publishes, in a word or two', async (t) => {
  t.equal(encoderName('obs-output module (libobs version 31.0.0)'), 'obs-output module (libobs version 31.0.0)');
  t.equal(encoderName(''), 'Encoder');
  t.equal(encoderName('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'), 'Chrome');
  t.equal(encoderName('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'Firefox');
  t.equal(encoderName('Mozilla/5.0'), 'Browser');
});
