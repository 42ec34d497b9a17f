import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface NginxOptions {
  /** Folder of its own for the configuration, the certificate, the log and temporary files. */
  folder: string;
  /** What nginx/tidemark.conf says instead of ${LISTEN}, ${UPSTREAM} and ${MEDIA_DIR}. */
  listen: string;
  upstream: string;
  mediaDir: string;
  /** For HTTPS with HTTP/2; a socket in the folder when left out. */
  listenTls?: string;
  /** Worker processes; two, so that what they share is used. */
  workers?: number;
  /** Whose X-Forwarded-For is believed; nobody's when left out. */
  trustedProxy?: string;
  /** Value of Strict-Transport-Security; not sent when left out. */
  hsts?: string;
  /** Through which nginx asks; a socket in the folder when left out. */
  collector?: string;
}

export interface Nginx {
  /** Its master process. */
  pid: number;
  stop(): Promise<void>;
}

/** What a test says that is skipped because findNginx found nothing. */
export const NGINX_MISSING = 'nginx or its Lua module is not installed (apt-get install nginx libnginx-mod-http-lua)';
const MODULES = ['/usr/lib/nginx/modules/ndk_http_module.so', '/usr/lib/nginx/modules/ngx_http_lua_module.so'];

/** Where Debian and others put it; undefined when it, or its Lua module, is not installed. */
export function findNginx(): string | undefined {
  if (!MODULES.every((file) => existsSync(file))) return undefined;
  return ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find((file) => existsSync(file));
}

/** Runs the real nginx on nginx/tidemark.conf, and resolves when its listeners are open. */
export async function startNginx(command: string, options: NginxOptions): Promise<Nginx> {
  const configFile = path.join(options.folder, 'nginx.conf');
  mkdirSync(path.join(options.folder, 'temp'), { recursive: true });
  makeCertificate(options.folder);
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
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
      // What goes wrong inside of it shows nowhere else. A worker on signal 9 is one that a test has killed.
      const errors = said.filter((line) => /\[(?:alert|emerg)\]|lua entry thread aborted/.test(line) && !line.includes('exited on signal 9'));
      if (errors.length > 0) throw new Error(`nginx complained:\n${errors.join('\n')}`);
    },
  };
}

function makeCertificate(folder: string): void {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', [...request, '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'certificate.pem')], { stdio: 'ignore' });
}

function mainConfig(options: NginxOptions): string {
  const { folder } = options;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`);
  writeFileSync(path.join(folder, 'site.conf'), siteConfig(options));
  return [
    ...MODULES.map((file) => `load_module ${file};`),
    // A worker of another user could not enter the folder of the test.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    `worker_processes ${options.workers ?? 2};`,
    `pid ${folder}/nginx.pid;`,
    'error_log stderr notice;',
    'events { worker_connections 4096; }',
    'http {',
    'access_log off;',
    ...temporary,
    `include ${folder}/site.conf;`,
    '}',
  ].join('\n');
}

/** nginx/tidemark.conf, filled in as envsubst does it. */
function siteConfig({ folder, listen, listenTls, upstream, mediaDir, trustedProxy, hsts, collector }: NginxOptions): string {
  const values: Record<string, string> = {
    LISTEN: listen,
    LISTEN_TLS: listenTls ?? `unix:${folder}/tls.sock`,
    TLS_CERT_FILE: `${folder}/certificate.pem`,
    TLS_KEY_FILE: `${folder}/key.pem`,
    HSTS: hsts ?? '',
    UPSTREAM: upstream,
    MEDIA_DIR: mediaDir,
    CACHE_DIR: `${folder}/cache`,
    COLLECTOR: collector ?? `unix:${folder}/collector.sock`,
    TRUSTED_PROXY: trustedProxy ?? '255.255.255.255',
  };
  return readFileSync('nginx/tidemark.conf', 'utf8').replaceAll(/\$\{([A-Z_]+)\}/g, (_text, name: string) => values[name] ?? `unknown variable ${name}`);
}
