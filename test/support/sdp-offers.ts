/** Offers as the field makes them, shortened where lines repeat. */

const FINGERPRINT = 'a=fingerprint:sha-256 DA:7B:57:DC:28:CE:04:4F:31:79:85:C4:31:67:EB:27:58:29:ED:77:2A:0D:24:AE:ED:AD:30:BC:BD:F1:9C:02';
const CHROMIUM_TRANSPORT = `c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:zjkk
a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y
a=ice-options:trickle
${FINGERPRINT}
a=setup:actpass`;

/** Two transceivers that receive, video first. */
export const chromiumOffer = sdp(`v=0
o=- 5228595038118931041 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 106 107 39 40 45 46 98 99 108 109
${CHROMIUM_TRANSPORT}
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 urn:3gpp:video-orientation
a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 transport-cc
a=rtcp-fb:102 ccm fir
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:106 H264/90000
a=rtcp-fb:106 goog-remb
a=rtcp-fb:106 transport-cc
a=rtcp-fb:106 ccm fir
a=rtcp-fb:106 nack
a=rtcp-fb:106 nack pli
a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:107 rtx/90000
a=fmtp:107 apt=106
a=rtpmap:39 H264/90000
a=rtcp-fb:39 nack
a=fmtp:39 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640034
a=rtpmap:40 rtx/90000
a=fmtp:40 apt=39
a=rtpmap:45 AV1/90000
a=fmtp:45 level-idx=5;profile=0;tier=0
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:108 red/90000
a=rtpmap:109 rtx/90000
a=fmtp:109 apt=108
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110
${CHROMIUM_TRANSPORT}
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
`);

/** Certificate and direction above the m-lines, audio first. */
export const firefoxOffer = sdp(`v=0
o=mozilla...THIS_IS_SDPARTA-99.0 4962303333179871723 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
${FINGERPRINT}
a=group:BUNDLE 0 1
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
a=recvonly
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:7d7b8b2b2d9e1b9a3f3a8f6a5b4c3d2e
a=ice-ufrag:1f2e3d4c
a=mid:0
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000/1
a=setup:actpass
m=video 9 UDP/TLS/RTP/SAVPF 120 124 126 127 97 98
c=IN IP4 0.0.0.0
a=recvonly
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1
a=fmtp:120 max-fs=12288;max-fr=60
a=fmtp:124 apt=120
a=fmtp:127 apt=126
a=fmtp:98 apt=97
a=ice-pwd:7d7b8b2b2d9e1b9a3f3a8f6a5b4c3d2e
a=ice-ufrag:1f2e3d4c
a=mid:1
a=rtcp-fb:120 nack
a=rtcp-fb:126 nack
a=rtcp-fb:126 nack pli
a=rtcp-fb:126 ccm fir
a=rtcp-fb:126 goog-remb
a=rtcp-fb:126 transport-cc
a=rtcp-fb:97 nack
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:120 VP8/90000
a=rtpmap:124 rtx/90000
a=rtpmap:126 H264/90000
a=rtpmap:127 rtx/90000
a=rtpmap:97 H264/90000
a=rtpmap:98 rtx/90000
a=setup:actpass
`);

/** GStreamer's whepsrc: names for mids, feedback without RTX, a data channel is none of it. */
export const gstreamerOffer = sdp(`v=0
o=- 3421523456 0 IN IP4 0.0.0.0
s=-
t=0 0
a=ice-options:trickle
a=group:BUNDLE video0 audio1
m=video 9 UDP/TLS/RTP/SAVPF 102
c=IN IP4 0.0.0.0
a=setup:actpass
a=ice-ufrag:d4xRIqyFW2sVwcM8GQ1nnzDmMZPqGqHH
a=ice-pwd:w6UpVzSLjEXcxyz2aZQbgEPCCpsDJrCL
a=rtcp-mux
a=rtcp-rsize
a=recvonly
a=rtpmap:102 H264/90000
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 packetization-mode=1;profile-level-id=42e01f
a=mid:video0
${FINGERPRINT}
m=audio 0 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=setup:actpass
a=ice-ufrag:d4xRIqyFW2sVwcM8GQ1nnzDmMZPqGqHH
a=ice-pwd:w6UpVzSLjEXcxyz2aZQbgEPCCpsDJrCL
a=bundle-only
a=rtcp-mux
a=recvonly
a=rtpmap:96 OPUS/48000/2
a=rtcp-fb:96 transport-cc
a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=mid:audio1
${FINGERPRINT}
`);

/** A small client of one m-line: no mid, no bundle, no header extensions; it is the DTLS client. */
export const simpleOffer = sdp(`v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
m=video 50000 UDP/TLS/RTP/SAVPF 97
c=IN IP4 192.0.2.7
a=recvonly
a=rtcp-mux
a=ice-ufrag:12345678
a=ice-pwd:1234567890123456789012
${FINGERPRINT}
a=setup:active
a=rtpmap:97 H264/90000
a=fmtp:97 packetization-mode=1;profile-level-id=42e01f
a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host
a=end-of-candidates
`);

/** An encoder that sends: three layers of one picture, and sound. */
export const simulcastOffer = sdp(`v=0
o=- 77 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
${CHROMIUM_TRANSPORT}
a=mid:0
a=sendonly
a=msid:stream sound
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=ssrc:1111 cname:camera
a=ssrc:1111 msid:stream sound
m=video 9 UDP/TLS/RTP/SAVPF 96 97
${CHROMIUM_TRANSPORT}
a=mid:1
a=sendonly
a=msid:stream picture
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 2222 3333
a=ssrc:2222 cname:camera
a=ssrc:3333 cname:camera
a=rid:q send
a=rid:h send
a=rid:f send
a=simulcast:send q;h;f
`);

/** A browser that sends layers: packets name them, and no SSRC is told. */
export const layeredOffer = simulcastOffer
  .replace(/a=ssrc(?:-group)?:(?:FID )?[23]{4}[^\r]*\r\n/g, '')
  .replace('a=rid:q send', [
    'a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    'a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid',
    'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
    'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
    'a=rid:q send',
  ].join('\r\n'));

/** The m-line of a data channel, as Chromium bundles it. */
export const dataChannel = sdp(`m=application 9 UDP/DTLS/SCTP webrtc-datachannel
${CHROMIUM_TRANSPORT}
a=mid:2
a=sctp-port:5000
a=max-message-size:262144
`);

/** The offer without the video codecs whose names match: payload type, map, parameters and feedback. */
export function withoutVideoCodec(offer: string, codec: RegExp): string {
  const payloads = [...offer.matchAll(/^a=rtpmap:(\d+) ([\w.-]+)\//gm)].filter(([, , name = '']) => codec.test(name)).map(([, payload]) => payload);
  const repeats = [...offer.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm)].filter(([, , apt]) => payloads.includes(apt)).map(([, payload]) => payload);
  const gone = new Set([...payloads, ...repeats]);
  return offer.split('\r\n')
    .filter((line) => !gone.has(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line)?.[1]))
    .map((line) => (line.startsWith('m=video') ? line.split(' ').filter((word, i) => i < 3 || !gone.has(word)).join(' ') : line))
    .join('\r\n');
}

function sdp(text: string): string {
  return text.replaceAll('\n', '\r\n');
}
