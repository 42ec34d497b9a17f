import type { types } from 'mediasoup';
import t from 'tap';
import { planCodecs } from '../../src/webrtc/codec-plan.js';

const h264 = (preferredPayloadType: number, profile: string, mode = 1): types.RtpCodecCapability => ({
  kind: 'video', mimeType: 'video/H264', clockRate: 90_000, preferredPayloadType, parameters: { 'packetization-mode': mode, 'profile-level-id': profile },
});
const rtx = (preferredPayloadType: number, apt: number): types.RtpCodecCapability => ({ kind: 'video', mimeType: 'video/rtx', clockRate: 90_000, preferredPayloadType, parameters: { apt } });
const opus: types.RtpCodecCapability = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 111 };

t.test('the payload types of the offer', async (t) => {
  const codecs = [h264(103, '42001f'), rtx(104, 103), h264(107, '42e01f', 0), h264(109, '42E01F'), rtx(114, 109), opus];
  t.same(planCodecs({ codecs }), { video: { payloadType: 109, rtxPayloadType: 114, profileLevelId: '42e01f' }, audio: { payloadType: 111 } });
});

t.test('another profile where the usual one is not offered, and no retransmissions where there are none', async (t) => {
  t.same(planCodecs({ codecs: [h264(96, '640c1f')] }), { video: { payloadType: 96, rtxPayloadType: undefined, profileLevelId: '640c1f' }, audio: undefined });
  t.equal(planCodecs({ codecs: [h264(96, '42c00b')] }).video?.profileLevelId, '42e01f', 'one of a few: each takes a copy of the stream');
  t.same(planCodecs({ codecs: [h264(96, '42e01f', 0)] }), { video: undefined, audio: undefined }, 'one packet cannot hold a picture');
  for (const profile of ['42e0', 'ffffff', 'zzzzzz', 'f4001f']) t.equal(planCodecs({ codecs: [h264(96, profile)] }).video, undefined, profile);
});

t.test('numbers that are used twice, and mono', async (t) => {
  t.same(planCodecs({ codecs: [h264(111, '42e01f'), opus] }), { video: { payloadType: 111, rtxPayloadType: undefined, profileLevelId: '42e01f' }, audio: undefined });
  t.equal(planCodecs({ codecs: [h264(96, '42e01f'), rtx(96, 96)] }).video?.rtxPayloadType, undefined);
  t.equal(planCodecs({ codecs: [{ ...opus, channels: 1 }] }).audio, undefined);
});
