import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { builtWebFolder, createApp } from './app.js';
import type { App } from './app.js';
import { ConfigInvalid, loadConfig } from './config.js';
import type { Config } from './config.js';
import { AppError, createLog, letHeapGrow, messageOf } from './platform/index.js';
import type { Log } from './platform/index.js';

const EXIT_CONFIG = 78; // EX_CONFIG of sysexits.h: starting again does not help
const programFolder = path.dirname(fileURLToPath(import.meta.url));

try {
  await run(loadConfig());
} catch (error) {
  // There is no logger before there are settings.
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = error instanceof ConfigInvalid ? EXIT_CONFIG : 1;
}

async function run(config: Config): Promise<void> {
  letHeapGrow();
  const log = createLog(config.log);
  const app = createApp({ config, log, version: readVersion(), webFolder: builtWebFolder(programFolder), slateImage: path.join(programFolder, '../config/slate.png') });
  const stopping = endOnSignals(app, log);
  endOnBugs(log);
  await app.start().catch((error: unknown) => fail(error, log));
  if (process.exitCode === undefined && !stopping.aborted) await welcome(app, config);
}

function fail(error: unknown, log: Log): void {
  log.error('could not start', { error: messageOf(error), ...(error instanceof AppError ? {} : { stack: error instanceof Error ? error.stack : undefined }) });
  process.exitCode = 1;
}

/** The first signal drains; a second one exits at once. Gives what is aborted by the first. */
function endOnSignals(app: App, log: Log): AbortSignal {
  const stopping = new AbortController();
  const stop = (signal: string): void => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
    log.info('stopping', { signal });
    void app.stop().then(() => process.exit(process.exitCode ?? 0));
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  return stopping.signal;
}

/** A bug that nobody caught leaves the process in an unknown state: it ends, and its supervisor starts it anew. */
function endOnBugs(log: Log): void {
  const end = (error: unknown): void => {
    log.error('uncaught error', { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined });
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

async function welcome(app: App, config: Config): Promise<void> {
  const { ports } = app;
  const page = config.http.publicUrl || `http://localhost:${ports.http}`;
  const host = new URL(page).hostname;
  const lines = [
    '',
    '  Tidemark is ready.',
    `  Page        ${page}`,
    `  OBS server  rtmp://${host}:${ports.rtmp}/live`,
    ...(ports.rtmps === undefined ? [] : [`  encrypted   rtmps://${host}:${ports.rtmps}/live`]),
    ...((await app.hasAccounts()) ? [] : [`  Create the first account at ${page}/register: it becomes the admin.`]),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function readVersion(): string {
  const file = path.join(programFolder, '..', 'package.json');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
