import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newestSegmentIn } from '../ingest/playlist.js';
import { streamNames } from '../ingest/system.js';
import type { RunningSystem, StartOptions, System } from '../ingest/system.js';
import { freePort, listens, until } from '../measure/wait.js';

// Where Debian's nginx and libnginx-mod-rtmp put them.
const PROGRAM = '/usr/sbin/nginx';
const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
const READY_DEADLINE_MS = 10_000;

/** nginx with its RTMP module: ingest alone, or with HLS of 2 s segments and a 60 s window on disk. */
export function createNginxRtmp(options: { hls: boolean }): System {
  const { hls } = options;
  return {
    name: hls ? 'nginx-rtmp+hls' : 'nginx-rtmp',
    description: hls ? 'nginx-rtmp with HLS as MPEG-TS with a 60 s window' : 'nginx-rtmp, ingest only',
    missing: () => [PROGRAM, MODULE].filter((file) => !existsSync(file)).map((file) => `there is no ${file}`)[0],
    start: (start) => startNginx(hls, start),
  };
}

async function startNginx(hls: boolean, start: StartOptions): Promise<RunningSystem> {
  const port = await freePort();
  const playlists = path.join(start.folder, 'hls');
  await mkdir(playlists);
  const config = path.join(start.folder, 'nginx.conf');
  await writeFile(config, nginxConfig(port, start.folder, hls ? playlists : undefined));
  const child = await start.children.start({
    command: PROGRAM,
    // Without -e it opens the log of the system's own nginx before it reads the configuration.
    args: ['-p', start.folder, '-c', config, '-e', path.join(start.folder, 'error.log')],
  });
  const isReady = async (): Promise<boolean> => {
    if (child.hasExited) throw new Error(`nginx ${child.lastWords}`);
    return listens(port);
  };
  await until('nginx is ready', isReady, { deadlineMs: READY_DEADLINE_MS, signal: start.signal });
  const names = streamNames(start.streams);
  return {
    child,
    publishUrls: names.map((name) => `rtmp://127.0.0.1:${port}/live/${name}`),
    ...(hls ? { newestSegments: () => Promise.all(names.map((name) => newestSegmentIn(path.join(playlists, `${name}.m3u8`)))) } : {}),
  };
}

function nginxConfig(port: number, folder: string, playlists: string | undefined): string {
  return [
    `load_module ${MODULE};`,
    // A worker of another user could not write below the benchmark's folder.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/error.log warn;`,
    'events { worker_connections 4096; }',
    'rtmp {',
    '  access_log off;',
    '  server {',
    `    listen 127.0.0.1:${port};`,
    '    application live {',
    '      live on;',
    ...(playlists === undefined ? [] : ['      hls on;', `      hls_path ${playlists};`, '      hls_fragment 2s;', '      hls_playlist_length 60s;']),
    '    }',
    '  }',
    '}',
    '',
  ].join('\n');
}
