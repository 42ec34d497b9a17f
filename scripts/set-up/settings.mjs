import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const LOCAL_FILE = 'config/local.yaml';

/** All settings, checked, as the built server reads them. */
export async function readSettings() {
  const { loadConfig } = await import(pathToFileURL(path.resolve('dist/config.js')).href);
  return loadConfig();
}

/**
 * The FFmpeg that the operator chose, or ''.
 * This one setting without the others: reading all of them takes half a second, which each start would pay.
 */
export async function configuredFfmpeg() {
  if (process.env.FFMPEG_PATH) return process.env.FFMPEG_PATH;
  if (!existsSync(LOCAL_FILE)) return '';
  const { parse } = await import('yaml');
  try {
    return String(parse(readFileSync(LOCAL_FILE, 'utf8'))?.transcode?.ffmpegPath ?? '');
  } catch {
    return ''; // The server refuses this file with the reason.
  }
}
