import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { z } from 'zod';

const service = z.looseObject({
  user: z.string().optional(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  restart: z.string(),
  ports: z.array(z.string()).default([]),
  healthcheck: z.looseObject({}).optional(),
  build: z.strictObject({ context: z.string(), target: z.string() }).optional(),
});
const composeFile = z.looseObject({ services: z.record(z.string(), service) });

const read = (file: string): string => readFileSync(file, 'utf8');
const namesIn = (text: string, pattern: RegExp): string[] => [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].toSorted();

t.test('what nginx/tidemark.conf leaves open is filled in everywhere', async (t) => {
  const open = namesIn(read('nginx/tidemark.conf').replaceAll(/^#.*$/gm, ''), /\$\{([A-Z_]+)\}/g);
  t.ok(open.includes('UPSTREAM'));
  t.same(namesIn(read('nginx/docker/start.sh').split('envsubst')[1] ?? '', /\$([A-Z_]+)/g), open, 'in the container');
  t.same(namesIn(read('nginx/README.md').split('envsubst \'')[1]?.split('\n')[0] ?? '', /\$([A-Z_]+)/g), open, 'by the steps in the README');
  t.same(namesIn(read('Dockerfile').split('AS nginx')[1] ?? '', /\b([A-Z][A-Z_]+)=/g), open, 'by default in the image');
});

t.test('every container is without root, with a file system that it cannot change, and tells how it is', async (t) => {
  const { services } = composeFile.parse(parse(read('docker-compose.yml'), { merge: true }));
  const images = read('Dockerfile').split(/^FROM /m);
  t.same(Object.keys(services), ['app', 'nginx', 'postgres', 'redis', 'kubo']);
  for (const [name, one] of Object.entries(services)) {
    const image = images.find((text) => text.includes(` AS ${one.build?.target}\n`)) ?? '';
    t.ok(one.user ?? /^USER (?!root)/m.test(image), `${name}: a user`);
    t.ok(one.healthcheck ?? /^HEALTHCHECK /m.test(image), `${name}: a health check`);
    t.match(one, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], restart: 'unless-stopped' }, name);
  }
});

t.test('only nginx, RTMP and WebRTC can be reached from outside', async (t) => {
  const { services } = composeFile.parse(parse(read('docker-compose.yml'), { merge: true }));
  const published = Object.entries(services).flatMap(([name, { ports }]) => ports.map((port) => `${name} ${port.split(':').at(-1)}`));
  t.same(published, ['app 1935', 'app 44300-44307/udp', 'app 44300-44307/tcp', 'nginx 8080', 'nginx 8443']);
});

t.test('what the images copy exists, and .dockerignore lets it in', async (t) => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? '').split(' '));
  const admitted = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  t.ok(copied.length > 5);
  for (const file of copied) {
    t.ok(existsSync(file), file);
    t.ok(admitted.some((entry) => file === entry || file.startsWith(`${entry}/`)), `${file} is admitted`);
  }
});

t.test('every setting of docker-compose.yml is in .env.example', async (t) => {
  t.same(namesIn(read('.env.example'), /^#?([A-Z_]+)=/gm), namesIn(read('docker-compose.yml'), /\$\{([A-Z_]+)/g));
});
