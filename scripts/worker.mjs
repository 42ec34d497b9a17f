import { copyFileSync } from 'node:fs';
import { Problem, main } from './set-up/step.mjs';
import { findMediasoupWorker } from './set-up/worker/mediasoup-worker.mjs';

// Gets the WebRTC worker alone and copies it to the named file: for the container image.
await main(async () => {
  const [target] = process.argv.slice(2);
  if (!target) throw new Problem('usage: node scripts/worker.mjs <file>');
  const worker = await findMediasoupWorker('');
  if (!worker.path) throw new Problem(`there is no WebRTC worker: ${worker.reason}. To mend it:\n  ${worker.mend}`);
  copyFileSync(worker.path, target);
});
