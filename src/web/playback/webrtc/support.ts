/** Whether this browser receives H.264 over WebRTC, the one picture that every stream has in real time. */
export function canPlayRealTime(): boolean {
  if (typeof RTCPeerConnection === 'undefined' || typeof RTCRtpReceiver === 'undefined') return false;
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'video/h264');
}
