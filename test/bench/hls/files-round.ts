import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { findNginx, NGINX_MISSING, startNginx } from '../../support/nginx.js';
import type { Child, Children } from '../measure/children.js';
import { cpuSecOf } from '../measure/process-tree.js';
import { freePort, listens, until } from '../measure/wait.js';

const LOAD_TOOL = '/usr/bin/wrk';
const FILES = 64;
const CONNECTIONS = 64;
/** Two seconds of a 6 Mbps source, and of a 360p rung. */
export const FILE_SIZES = { source: 1_500_000, '360p': 150_000 };
export type FileKind = keyof typeof FILE_SIZES;

export interface FilesMeasurement {
  kind: FileKind;
  server: 'ours' | 'bare';
  round: number;
  requestsPerSec: number;
  mbPerSec: number;
  errors: number;
  /** Percent of one core. */
  cpuPercent: number;
  loadAverage: number;
}

/** nginx with our configuration and nginx with next to none, with the same files. */
export interface FileServers {
  ports: { ours: number; bare: number };
  pids: { ours: number; bare: number };
  loadScripts: Record<FileKind, string>;
  stop(): Promise<void>;
}

/** Why files cannot be measured on this machine; undefined when they can. */
export function missingForFiles(): string | undefined {
  if (findNginx() === undefined) return NGINX_MISSING;
  return existsSync(LOAD_TOOL) ? undefined : 'wrk is not installed (apt-get install wrk)';
}

export async function startFileServers(options: { folder: string; children: Children; signal: AbortSignal }): Promise<FileServers> {
  const { folder, signal } = options;
  const command = findNginx() ?? '';
  const mediaDir = path.join(folder, 'files');
  for (const [kind, sizeBytes] of Object.entries(FILE_SIZES)) await writeFiles(path.join(mediaDir, 'media', 'b1', kind), sizeBytes);
  const ports = { ours: await freePort(), bare: await freePort() };
  const home = path.join(folder, 'ours');
  await mkdir(home);
  const ours = await startNginx(command, { folder: home, listen: `127.0.0.1:${ports.ours}`, upstream: '127.0.0.1:9', mediaDir: path.join(mediaDir, 'media') });
  const bare = await startBare(command, { ...options, port: ports.bare, root: mediaDir });
  await until('the bare nginx listens', () => listens(ports.bare), { deadlineMs: 10_000, signal });
  return {
    ports,
    pids: { ours: ours.pid, bare: bare.pid },
    loadScripts: { 'source': await writeLoadScript(folder, 'source'), '360p': await writeLoadScript(folder, '360p') },
    stop: () => ours.stop(),
  };
}

/** Measures one of them under as much load as one thread of the load tool makes. */
export async function measureFiles(servers: FileServers, options: { kind: FileKind; server: 'ours' | 'bare'; round: number; seconds: number; children: Children }): Promise<FilesMeasurement> {
  const { kind, server, round, seconds } = options;
  const [startMs, startSec] = [performance.now(), cpuSecOf(servers.pids[server])];
  const child = await options.children.start({
    command: LOAD_TOOL,
    args: ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', servers.loadScripts[kind], `http://127.0.0.1:${servers.ports[server]}`],
    stdout: true,
  });
  const said = await text(child.stdout);
  const [requests = NaN, bytes = NaN, microseconds = NaN, errors = NaN] = /^RESULT (\d+) (\d+) (\d+) (\d+)$/m.exec(said)?.slice(1).map(Number) ?? [];
  const perSec = (value: number): number => (value / microseconds) * 1e6;
  return {
    kind, server, round,
    requestsPerSec: Math.round(perSec(requests)),
    mbPerSec: Math.round(perSec(bytes) / 1e6),
    errors,
    cpuPercent: Math.round(((cpuSecOf(servers.pids[server]) - startSec) / (performance.now() - startMs)) * 100_000),
    loadAverage: Number((loadavg()[0] ?? NaN).toFixed(2)),
  };
}

async function writeFiles(folder: string, sizeBytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 0; number < FILES; number++) await writeFile(path.join(folder, `${number}.m4s`), Buffer.alloc(sizeBytes, number));
}

/** One file after the other, and the totals in a line of our own. */
async function writeLoadScript(folder: string, kind: FileKind): Promise<string> {
  const file = path.join(folder, `${kind}.lua`);
  await writeFile(file, [
    'local number = 0',
    'request = function()',
    `  number = (number + 1) % ${FILES}`,
    `  return wrk.format("GET", "/media/b1/${kind}/" .. number .. ".m4s")`,
    'end',
    'done = function(summary)',
    '  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout',
    '  print(string.format("RESULT %d %d %d %d", summary.requests, summary.bytes, summary.duration, errors))',
    'end',
  ].join('\n'));
  return file;
}

/** What anybody would write who has files to serve, and not a line more. */
async function startBare(command: string, options: { folder: string; children: Children; port: number; root: string }): Promise<Child> {
  const home = path.join(options.folder, 'bare');
  await mkdir(home);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${home}/${kind};`);
  await writeFile(path.join(home, 'nginx.conf'), [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 2;',
    `pid ${home}/nginx.pid;`,
    'events { worker_connections 4096; }',
    'http {',
    ...temporary,
    '  access_log off;',
    '  sendfile on;',
    '  tcp_nopush on;',
    '  keepalive_requests 100000;',
    '  types { video/iso.segment m4s; }',
    `  server { listen 127.0.0.1:${options.port}; root ${options.root}; }`,
    '}',
  ].join('\n'));
  return options.children.start({ command, args: ['-p', home, '-c', path.join(home, 'nginx.conf'), '-e', 'stderr'] });
}
