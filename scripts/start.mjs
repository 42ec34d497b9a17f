import { onStopSignal, startServer } from './set-up/server.mjs';
import { setUp } from './set-up/set-up.mjs';
import { main } from './set-up/step.mjs';

await main(async () => {
  const { env } = await setUp();
  const server = startServer(env);
  onStopSignal((signal) => server.kill(signal));
  process.exitCode = await server.exited;
});
