import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './compile.mjs';
import { findFfmpeg } from './ffmpeg.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { installPackages } from './packages.mjs';

/** Gets a clone ready to run; silent and quick when it already is. Answers the settings and the FFmpeg to use. */
export async function setUp() {
  await install();
  await build();
  const settings = await readSettings();
  return { settings, ffmpegPath: await findFfmpeg(settings.transcode.ffmpegPath) };
}

/** The same for tests, which do not read the operator's settings. */
export async function setUpForTests({ built }) {
  await install();
  if (built) await build();
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

async function readSettings() {
  const { loadConfig } = await import(pathToFileURL(path.resolve('dist/config.js')).href);
  return loadConfig();
}
