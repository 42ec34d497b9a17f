import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { pages } from '../../src/deliver/index.js';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import { recordingLog } from '../support/log.js';

t.test('every page is one document; what is no page is not', async (t) => {
  const folder = path.join(t.testdir(), '.hidden', 'web');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<title>Tidemark</title>');
  await writeFile(path.join(folder, 'assets', 'index-1.js'), 'export {};');
  const log = recordingLog();
  const server = new HttpServer({ handler: createHttpApp({ trustProxy: 0, routes: [{ path: '/', handler: pages({ folder }) }], log }), bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(() => server.stop());
  const get = (where: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${where}`);

  for (const page of ['/', '/ada', '/studio', '/ada/chat', '/ada/overlay?token=x.y']) t.match(await (await get(page)).text(), /Tidemark/, page);
  t.match((await get('/assets/index-1.js')).headers.get('cache-control'), /immutable/);
  for (const other of ['/api/v1/nope', '/hls/ada', '/media/x', '/assets/none.js', '/nope.txt']) t.equal((await get(other)).status, 404, other);
});
