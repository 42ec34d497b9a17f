import { setUp } from './set-up/set-up.mjs';
import { main, say } from './set-up/step.mjs';

await main(async () => {
  const { ffmpegPath } = await setUp();
  say(`ready: FFmpeg is ${ffmpegPath}; npm start runs the server`);
});
