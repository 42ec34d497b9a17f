import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf } from '../support/hls.js';
import { findNginx, startNginx } from '../support/nginx.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { freePort } from '../support/server-process.js';
import { until } from '../support/until.js';

const nginx = findNginx();

t.test('a live stream through the real nginx: playlists from the server, segments from the disk', { skip: nginx === undefined ? 'nginx is not installed (apt-get install nginx)' : false }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-nginx-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const port = await freePort();
  const site = await startNginx(nginx ?? '', { folder, listen: `127.0.0.1:${port}`, upstream: new URL(app.url).host, mediaDir: app.config.mediaDir });
  t.after(() => site.stop());
  const url = `http://127.0.0.1:${port}`;
  publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ seconds: 20 }))) });

  for (const rendition of ['source', 'audio']) {
    const segments = await until(`two segments of ${rendition}`, async () => {
      const listed = segmentsOf((await findPlaylist(`${url}/hls/ada/${rendition}/index.m3u8`)) ?? '');
      return listed.length >= 2 ? listed : undefined;
    });
    for (const uri of [segments[0]?.initUri ?? '', segments[0]?.uri ?? '']) {
      const [through, direct] = await Promise.all([fetch(`${url}${uri}`), fetch(`${app.url}${uri}`)]);
      t.equal(through.headers.get('x-content-type-options'), 'nosniff', `${uri}: sent by nginx itself`);
      t.ok(Buffer.from(await through.arrayBuffer()).equals(Buffer.from(await direct.arrayBuffer())), 'the same bytes');
      for (const name of ['content-type', 'cache-control', 'access-control-allow-origin']) t.equal(through.headers.get(name), direct.headers.get(name), name);
    }
  }
  t.match(await findPlaylist(`${url}/hls/ada/master.m3u8`), /source\/index\.m3u8/);
});
