import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface NginxOptions {
  /** Folder of its own for the configuration, the log and temporary files. */
  folder: string;
  /** What nginx/tidemark.conf says instead of ${LISTEN}, ${UPSTREAM} and ${MEDIA_DIR}. */
  listen: string;
  upstream: string;
  mediaDir: string;
}

export interface Nginx {
  stop(): Promise<void>;
}

/** Where Debian and others put it; undefined when it is not installed. */
export function findNginx(): string | undefined {
  return ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find((file) => existsSync(file));
}

/** Runs the real nginx on nginx/tidemark.conf as one process, and resolves when its listener is open. */
export async function startNginx(command: string, options: NginxOptions): Promise<Nginx> {
  const configFile = path.join(options.folder, 'nginx.conf');
  mkdirSync(path.join(options.folder, 'temp'), { recursive: true });
  writeFileSync(configFile, mainConfig(options));
  const child = spawn(command, ['-p', options.folder, '-c', configFile, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  const closed = once(child, 'close');
  // The notice about the event method comes after the listeners are open.
  const opened = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.includes('event method')) resolve();
    });
    void closed.then(() => reject(new Error(`nginx ended:\n${said.join('\n')}`)));
  });
  await opened;
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

function mainConfig({ folder, listen, upstream, mediaDir }: NginxOptions): string {
  const values: Record<string, string> = { LISTEN: listen, UPSTREAM: upstream, MEDIA_DIR: mediaDir };
  const site = readFileSync('nginx/tidemark.conf', 'utf8').replaceAll(/\$\{([A-Z_]+)\}/g, (_text, name: string) => values[name] ?? `unknown variable ${name}`);
  writeFileSync(path.join(folder, 'site.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`);
  return [
    'daemon off;',
    'master_process off;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr notice;',
    'events { worker_connections 256; }',
    'http {',
    'access_log off;',
    ...temporary,
    `include ${folder}/site.conf;`,
    '}',
  ].join('\n');
}
