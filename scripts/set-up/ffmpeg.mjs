import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRoot, lastLines, onPath, run } from './command.mjs';
import { installDebianPackages } from './debian.mjs';
import { Problem, say, step } from './step.mjs';

const CACHE = path.resolve('node_modules/.cache/tidemark');
const RECORD = path.join(CACHE, 'ffmpeg.json');
const STATIC_FOLDER = path.resolve('node_modules/ffmpeg-static');
const STATIC_BINARY = path.join(STATIC_FOLDER, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
const FIRST_BYTE_LIMIT_MS = 15_000;
const DOWNLOAD_LIMIT_MS = 180_000;

/**
 * Finds an FFmpeg that can do the work: the configured one, else ffmpeg-static's download, else the one on PATH,
 * else Debian's package when this is root. What was found, and a download that failed, are remembered
 * in node_modules, so that the next start asks nothing.
 * @param configured value of FFMPEG_PATH or transcode.ffmpegPath, '' when unset.
 */
export async function findFfmpeg(configured) {
  if (configured) return checked(configured);
  const record = readRecord();
  if (record.path && record.mark === markOf(record.path)) return record.path;
  const found = await staticFfmpeg(record) ?? await pathFfmpeg() ?? await aptFfmpeg();
  if (!found) throw new Problem(`no FFmpeg with libx264, AAC and FLV was found. Install it and start again:\n  ${installCommand()}\nOr set FFMPEG_PATH to one.`);
  writeRecord({ ...readRecord(), path: found, mark: markOf(found) });
  return found;
}

async function checked(command) {
  const missing = await missingIn(command);
  if (missing === undefined) return command;
  throw new Problem(`the FFmpeg that is set (FFMPEG_PATH or transcode.ffmpegPath) is ${command}, but ${missing}`);
}

async function staticFfmpeg(record) {
  if (!existsSync(STATIC_BINARY) && !record.downloadFailed) {
    if (!await step('downloading FFmpeg', download)) {
      say('FFmpeg could not be downloaded: looking for an installed one');
      writeRecord({ downloadFailed: true });
    }
  }
  return existsSync(STATIC_BINARY) ? usable(STATIC_BINARY) : undefined;
}

/** Runs ffmpeg-static's own install script, and gives up when nothing arrives: a firewall may swallow packets. */
async function download() {
  const abort = new AbortController();
  const timer = setTimeout(() => { if (!existsSync(STATIC_BINARY)) abort.abort(); }, FIRST_BYTE_LIMIT_MS);
  const env = { ...process.env, XDG_CACHE_HOME: CACHE, CI: '1' };
  delete env.FFMPEG_BIN;
  const { code } = await run(process.execPath, [path.join(STATIC_FOLDER, 'install.js')], { env, timeoutMs: DOWNLOAD_LIMIT_MS, signal: abort.signal });
  clearTimeout(timer);
  if (code === 0) return true;
  rmSync(STATIC_BINARY, { force: true });
  return false;
}

function pathFfmpeg() {
  const command = onPath(process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
  return command ? usable(command) : undefined;
}

async function aptFfmpeg() {
  return await installDebianPackages('installing FFmpeg with apt-get', ['ffmpeg']) ? pathFfmpeg() : undefined;
}

async function usable(command) {
  const missing = await missingIn(command);
  if (missing === undefined) return command;
  say(`${command} is left aside: ${missing}`);
  return undefined;
}

/** What keeps an FFmpeg from being used, in words, or undefined when nothing does. */
async function missingIn(command) {
  const encoders = await run(command, ['-hide_banner', '-encoders'], { timeoutMs: 10_000 });
  if (encoders.code !== 0) return `it does not run: ${lastLines(encoders.output, 1)}`;
  const demuxers = await run(command, ['-hide_banner', '-demuxers'], { timeoutMs: 10_000 });
  const lacks = [
    ['the H.264 encoder libx264', /^ V\S+ libx264 /m.test(encoders.output)],
    ['the AAC encoder', /^ A\S+ aac /m.test(encoders.output)],
    ['the FLV reader', /^ D\S*\s+flv /m.test(demuxers.output)],
  ].filter(([, present]) => !present).map(([name]) => name);
  return lacks.length === 0 ? undefined : `it was built without ${lacks.join(' and ')}`;
}

function installCommand() {
  if (process.platform === 'darwin') return 'brew install ffmpeg';
  if (process.platform === 'win32') return 'winget install ffmpeg';
  const asRoot = isRoot() ? '' : 'sudo ';
  if (onPath('dnf')) return `${asRoot}dnf install ffmpeg`;
  if (onPath('apk')) return `${asRoot}apk add ffmpeg`;
  return `${asRoot}apt-get install -y ffmpeg`;
}

function readRecord() {
  try {
    return JSON.parse(readFileSync(RECORD, 'utf8'));
  } catch {
    return {};
  }
}

function writeRecord(record) {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(RECORD, JSON.stringify(record));
}

/** Changes when the file behind a path is another one, so that an upgrade is checked again. */
function markOf(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.size} ${stat.mtimeMs}` : 'gone';
}
