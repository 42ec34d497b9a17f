import { findArlocal } from './arlocal/arlocal.mjs';
import { build } from './compile.mjs';
import { findFfmpeg } from './ffmpeg.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { installPackages } from './packages.mjs';
import { configuredFfmpeg } from './settings.mjs';
import { say } from './step.mjs';
import { findMediasoupWorker } from './worker/mediasoup-worker.mjs';

/**
 * Gets a clone ready to run; silent and quick when it already is.
 * Answers the FFmpeg to use and the variables that tell the server, a test or a tool what was found.
 * @param again true to try once more what failed a short while ago.
 */
export async function setUp({ again = false } = {}) {
  await setUpBuild();
  return findPrograms(await configuredFfmpeg(), { again });
}

/** The same for tests and tools, which do not read the operator's settings, and want a local Arweave. */
export async function setUpForTests({ built }) {
  if (built) await setUpBuild();
  else await install();
  const { ffmpegPath, env } = await findPrograms(process.env.FFMPEG_PATH, { again: false });
  return { ffmpegPath, env: { ...env, ...await arlocalEnv() } };
}

/** The part of it that `npm run build` does. */
export async function setUpBuild() {
  await install();
  await build();
}

async function findPrograms(configuredPath, { again }) {
  const ffmpegPath = await findFfmpeg(configuredPath);
  const worker = await findMediasoupWorker(process.env.MEDIASOUP_WORKER_BIN, { again });
  if (worker.path) return { ffmpegPath, env: { FFMPEG_PATH: ffmpegPath, MEDIASOUP_WORKER_BIN: worker.path } };
  say(`WebRTC is off, since there is no worker for it: ${worker.reason}. To mend it:\n  ${worker.mend}`);
  return { ffmpegPath, env: { FFMPEG_PATH: ffmpegPath } };
}

async function arlocalEnv() {
  const arlocal = await findArlocal(process.env.ARLOCAL_FOLDER);
  if (arlocal.path) return { ARLOCAL_FOLDER: arlocal.path };
  say(`there is no local Arweave for the tests: ${arlocal.reason}. To mend it:\n  ${arlocal.mend}`);
  return {};
}

async function install() {
  checkNodeVersion();
  await installPackages();
}
