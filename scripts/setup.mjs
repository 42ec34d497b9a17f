import { setUp } from './set-up/set-up.mjs';
import { main, say } from './set-up/step.mjs';

await main(async () => {
  const { env } = await setUp({ again: true });
  const worker = env.MEDIASOUP_WORKER_BIN ? `, the WebRTC worker ${env.MEDIASOUP_WORKER_BIN}` : '';
  say(`ready: FFmpeg is ${env.FFMPEG_PATH}${worker}; npm start runs the server`);
});
