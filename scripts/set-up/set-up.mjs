import { build } from './compile.mjs';
import { findFfmpeg } from './ffmpeg.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { installPackages } from './packages.mjs';
import { configuredFfmpeg } from './settings.mjs';

/** Gets a clone ready to run; silent and quick when it already is. Answers the FFmpeg to use. */
export async function setUp() {
  await setUpBuild();
  return { ffmpegPath: await findFfmpeg(await configuredFfmpeg()) };
}

/** The same for tests and tools, which do not read the operator's settings. */
export async function setUpForTests({ built }) {
  if (built) await setUpBuild();
  else await install();
  return { ffmpegPath: await findFfmpeg(process.env.FFMPEG_PATH) };
}

/** The part of it that `npm run build` does. */
export async function setUpBuild() {
  await install();
  await build();
}

async function install() {
  checkNodeVersion();
  await installPackages();
}
