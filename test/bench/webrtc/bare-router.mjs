// A mediasoup router with nothing around it: RTP of one picture and one sound comes in on ports of their own, and a viewer gets a
// transport and two consumers for a POST of an offer to /. The worker is the one that Tidemark runs.
//   node bare-router.mjs '{"video":{"ssrc":…,"payloadType":…},"audio":…}'
// Says, as a line of JSON: {"httpPort":…,"video":{"rtp":…,"rtcp":…},"audio":…,"workerPid":…}.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createWorker } from 'mediasoup';

const STREAMS = JSON.parse(process.argv[2]);
const LOOPBACK = '127.0.0.1';
const BUFFER_BYTES = 4 << 20;
const ESTIMATION = new Set(['transport-cc', 'goog-remb']);
const H264 = { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 };

const worker = await createWorker({ logLevel: 'error' });
const webRtcServer = await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: LOOPBACK, sendBufferSize: BUFFER_BYTES, recvBufferSize: BUFFER_BYTES }] });
const router = await worker.createRouter({ mediaCodecs: [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/H264', clockRate: 90_000, parameters: H264 },
] });
const video = await produce('video', { mimeType: 'video/H264', clockRate: 90_000, parameters: H264 });
const audio = await produce('audio', { mimeType: 'audio/opus', clockRate: 48_000, channels: 2 });
/** With the same feedback as Tidemark's viewers: an estimate of the bandwidth would cost more. */
const rtpCapabilities = {
  codecs: router.rtpCapabilities.codecs.map((codec) => ({ ...codec, rtcpFeedback: codec.rtcpFeedback.filter(({ type }) => !ESTIMATION.has(type)) })),
  headerExtensions: [],
};
const transports = new Map();

async function produce(kind, codec) {
  const { ssrc, payloadType } = STREAMS[kind];
  const transport = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: LOOPBACK, recvBufferSize: BUFFER_BYTES }, rtcpMux: false, comedia: true });
  const producer = await transport.produce({ kind, rtpParameters: { codecs: [{ ...codec, payloadType }], encodings: [{ ssrc }] } });
  return { producer, ports: { rtp: transport.tuple.localPort, rtcp: transport.rtcpTuple.localPort } };
}

async function join(offer) {
  const transport = await router.createWebRtcTransport({ webRtcServer, preferUdp: true });
  const [, value] = /^a=fingerprint:sha-256 (\S+)/m.exec(offer) ?? [];
  const consumers = await Promise.all([video, audio].map(({ producer }) => transport.consume({ producerId: producer.id, rtpCapabilities })));
  await transport.connect({ dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] } });
  transports.set(transport.id, transport);
  const [candidate] = transport.iceCandidates;
  return { id: transport.id, answer: [
    ...consumers.map(({ kind, rtpParameters }) => `m=${kind} 9 UDP/TLS/RTP/SAVPF ${rtpParameters.codecs[0].payloadType}`),
    `a=ice-ufrag:${transport.iceParameters.usernameFragment}`,
    `a=ice-pwd:${transport.iceParameters.password}`,
    `a=candidate:1 1 udp ${candidate.priority} ${candidate.address} ${candidate.port} typ host`, '',
  ].join('\r\n') };
}

const http = createServer((request, response) => void answer(request, response).catch((error) => response.writeHead(500).end(error.message)));

async function answer(request, response) {
  if (request.method === 'DELETE') {
    transports.get(request.url.slice(1))?.close();
    transports.delete(request.url.slice(1));
    return response.end();
  }
  const { id, answer: sdp } = await join(await text(request));
  response.writeHead(201, { location: `/${id}`, 'content-type': 'application/sdp' }).end(sdp);
}

http.listen(0, LOOPBACK);
await once(http, 'listening');
process.stdout.write(`${JSON.stringify({ httpPort: http.address().port, video: video.ports, audio: audio.ports, workerPid: worker.pid })}\n`);
process.once('SIGTERM', () => {
  worker.close();
  process.exit();
});
