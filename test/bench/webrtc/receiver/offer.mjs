// Offers of a viewer who takes H.264 and Opus, and what of the answer it needs.
export const UFRAG = 'bench';
const PASSWORD = 'a-password-of-the-bench';

/** @param {string} fingerprint SHA-256 of the certificate, in hexadecimal with colons. */
export function offerOf(fingerprint) {
  const transport = ['c=IN IP4 0.0.0.0', `a=ice-ufrag:${UFRAG}`, `a=ice-pwd:${PASSWORD}`, `a=fingerprint:sha-256 ${fingerprint}`, 'a=setup:actpass', 'a=rtcp-mux', 'a=recvonly'];
  return [
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1',
    'm=video 9 UDP/TLS/RTP/SAVPF 106 107', ...transport, 'a=mid:0',
    'a=rtpmap:106 H264/90000', 'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    'a=rtcp-fb:106 ccm fir', 'a=rtcp-fb:106 nack', 'a=rtcp-fb:106 nack pli', 'a=rtpmap:107 rtx/90000', 'a=fmtp:107 apt=106',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111', ...transport, 'a=mid:1', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1', '',
  ].join('\r\n');
}

export function readAnswer(sdp) {
  const find = (pattern) => pattern.exec(sdp) ?? [];
  const [, ufrag] = find(/^a=ice-ufrag:(\S+)/m);
  const [, password] = find(/^a=ice-pwd:(\S+)/m);
  const [, address, port] = find(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/im);
  const [, videoType] = find(/^m=video [1-9]\d* \S+ (\d+)/m);
  if (port === undefined || videoType === undefined) throw new Error('an answer without a candidate or a picture');
  return { username: `${ufrag}:${UFRAG}`, password, address, port: Number(port), videoType: Number(videoType) };
}
