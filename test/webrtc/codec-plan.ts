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
  t.equal(planCodecs({ codecs: [h264(96, '42e0')] }).video?.profileLevelId, '42e01f');
  t.same(planCodecs({ codecs: [h264(96, '42e01f', 0)] }), { video: undefined, audio: undefined }, 'one packet cannot hold a picture');
});
