import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { accountsConfig } from './accounts/config.js';
import { archiveConfig } from './archive/config.js';
import { chatConfig } from './chat/config.js';
import { deliverConfig } from './deliver/config.js';
import { ingestConfig } from './ingest/config.js';
import { packagerConfig } from './packager/config.js';
import { AppError, messageOf } from './platform/index.js';
import { databaseConfig, httpConfig, logConfig, redisConfig } from './platform/config.js';
import { recordingsConfig } from './recordings/config.js';
import { streamsConfig } from './streams/config.js';
import { transcodeConfig } from './transcode/config.js';
import { webrtcConfig } from './webrtc/config.js';

const configSchema = z.strictObject({
  dataDir: z.string().min(1).transform((folder) => path.resolve(folder)),
  mediaDir: z.string().min(1).transform((folder) => path.resolve(folder)),
  log: logConfig,
  http: httpConfig,
  database: databaseConfig,
  redis: redisConfig,
  accounts: accountsConfig,
  streams: streamsConfig,
  ingest: ingestConfig,
  transcode: transcodeConfig,
  packager: packagerConfig,
  recordings: recordingsConfig,
  webrtc: webrtcConfig,
  chat: chatConfig,
  archive: archiveConfig,
  deliver: deliverConfig,
});

export type Config = z.infer<typeof configSchema>;

/** Environment name → key. A number is read where the default is a number, a list (with commas) where it is a list. */
const ENVIRONMENT: Record<string, string> = {
  DATA_DIR: 'dataDir',
  MEDIA_DIR: 'mediaDir',
  LOG_LEVEL: 'log.level',
  LOG_FORMAT: 'log.format',
  HTTP_PORT: 'http.port',
  BIND_ADDRESS: 'http.bindAddress',
  PUBLIC_URL: 'http.publicUrl',
  TRUST_PROXY: 'http.trustProxy',
  DATABASE_URL: 'database.url',
  REDIS_URL: 'redis.url',
  JWT_SECRET: 'accounts.jwtSecret',
  RTMP_PORT: 'ingest.port',
  RTMPS_PORT: 'ingest.tls.port',
  RTMPS_CERT_FILE: 'ingest.tls.certFile',
  RTMPS_KEY_FILE: 'ingest.tls.keyFile',
  FFMPEG_PATH: 'transcode.ffmpegPath',
  WEBRTC_PORT: 'webrtc.port',
  ANNOUNCED_ADDRESS: 'webrtc.announcedAddress',
  MEDIASOUP_WORKER_BIN: 'webrtc.workerBin',
  TURN_SECRET: 'webrtc.turn.secret',
  CHAT_DEVICE_SECRET: 'chat.deviceSecret',
  ARCHIVE_KEY_SECRET: 'archive.keySecret',
  IPFS_API_URL: 'archive.ipfs.apiUrls',
  IPFS_PINNING_URL: 'archive.ipfs.pinningUrl',
  IPFS_PINNING_TOKEN: 'archive.ipfs.pinningToken',
  ARWEAVE_GATEWAY_URL: 'archive.arweave.gatewayUrls',
  ARWEAVE_CHECK_GATEWAY_URL: 'archive.arweave.checkGatewayUrls',
  ARWEAVE_WALLET_FILES: 'archive.arweave.walletFiles',
};
/** Keys whose value must not be repeated in an error. */
const SECRET_KEYS = new Set(['accounts.jwtSecret', 'database.url', 'redis.url', 'chat.deviceSecret', 'archive.keySecret', 'archive.ipfs.pinningToken', 'webrtc.turn.secret']);

/** The settings are wrong; the message lists every key, its value and the rule. */
export class ConfigInvalid extends AppError {
  constructor(problems: string[]) {
    super('config_invalid', `wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, { expose: false });
  }
}

export interface ConfigSources {
  /** Folder with default.yaml and, if the operator made one, local.yaml. */
  folder: string;
  environment: NodeJS.ProcessEnv;
}

type Tree = { [key: string]: unknown };

/**
 * Reads default.yaml, then local.yaml over it, then the environment over both.
 * @throws {ConfigInvalid} naming each wrong key, its value and the rule.
 */
export function loadConfig(sources: ConfigSources = { folder: path.resolve('config'), environment: process.env }): Config {
  const defaults = readYaml(path.join(sources.folder, 'default.yaml'));
  const localFile = path.join(sources.folder, 'local.yaml');
  const local = existsSync(localFile) ? readYaml(localFile) : {};
  return checkConfig(withEnvironment(merge(defaults, local), defaults, sources.environment), sources.environment);
}

function checkConfig(tree: Tree, environment: NodeJS.ProcessEnv): Config {
  const result = configSchema.safeParse(tree);
  if (result.success) return result.data;
  throw new ConfigInvalid(result.error.issues.flatMap((issue) => {
    // By name only: the value of what holds an unknown key may hold a secret beside it.
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${[...issue.path, key].join('.')}: there is no such setting`);
    const key = issue.path.join('.');
    const name = Object.keys(ENVIRONMENT).find((variable) => ENVIRONMENT[variable] === key && environment[variable]);
    const from = name ? ` (from ${name})` : '';
    const value = SECRET_KEYS.has(key) ? '(hidden)' : JSON.stringify(valueAt(tree, issue.path.map(String)));
    return `${key || '(top level)'} = ${value}${from}: ${issue.message}`;
  }));
}

function readYaml(file: string): Tree {
  try {
    const value: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (!isTree(value)) throw new Error('the top level must be a map of settings');
    return value;
  } catch (cause) {
    // The first line says what and where; below it the parser prints lines of the file, and one may hold a secret.
    throw new ConfigInvalid([`${file}: ${messageOf(cause).split('\n')[0]}`]);
  }
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isTree(old) && isTree(value) ? merge(old, value) : value;
  }
  return merged;
}

function withEnvironment(tree: Tree, defaults: Tree, environment: NodeJS.ProcessEnv): Tree {
  return Object.entries(ENVIRONMENT).reduce((result, [name, key]) => {
    const text = environment[name];
    if (text === undefined || text === '') return result;
    return merge(result, nest(key.split('.'), valueOf(text, valueAt(defaults, key.split('.')))));
  }, tree);
}

function valueOf(text: string, like: unknown): unknown {
  if (Array.isArray(like)) return text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
  return typeof like === 'number' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function nest(keys: string[], value: unknown): Tree {
  const [first = '', ...rest] = keys;
  return { [first]: rest.length === 0 ? value : nest(rest, value) };
}

function valueAt(tree: unknown, keys: string[]): unknown {
  return keys.reduce((value: unknown, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isTree(value) ? value[key] : undefined;
  }, tree);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
