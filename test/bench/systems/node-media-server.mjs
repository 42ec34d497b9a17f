// node-media-server in a process of its own, as it is measured: node node-media-server.mjs <port> <store> [<ffmpeg> <folder>]
import { spawn } from 'node:child_process';
import path from 'node:path';
import NodeMediaServer from 'node-media-server';

const [port, store, ffmpegPath, playlists] = process.argv.slice(2);
const server = new NodeMediaServer({ bind: '127.0.0.1', rtmp: { port: Number(port) }, store: { path: store }, webadmin: { enable: false } });
const readers = new Set();

if (ffmpegPath !== undefined) server.on('postPublish', (session) => startReader(session.streamPath));
process.on('SIGTERM', () => void stop());
await server.run();

/** Plays what is published and writes it as HLS, as this server's users are told to. */
function startReader(streamPath) {
  const folder = path.join(playlists, path.basename(streamPath));
  const reader = spawn(ffmpegPath, [
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-i', `rtmp://127.0.0.1:${port}${streamPath}`,
    '-c', 'copy',
    '-f', 'hls', '-hls_time', '2', '-hls_list_size', '30', '-hls_flags', 'delete_segments',
    '-hls_segment_type', 'fmp4',
    path.join(folder, 'index.m3u8'),
  ], { stdio: 'ignore' });
  readers.add(reader);
  reader.once('exit', () => readers.delete(reader));
}

async function stop() {
  const gone = [...readers].map((reader) => new Promise((resolve) => reader.once('exit', resolve)));
  for (const reader of readers) reader.kill('SIGKILL');
  await Promise.all(gone);
  await server.stop();
  process.exit(0);
}
