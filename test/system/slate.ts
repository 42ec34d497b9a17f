import t from 'tap';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf } from '../support/hls.js';
import { makePicture, ONE_JPEG, pixelsOf } from '../support/pictures.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

process.env['WEBRTC_PORT'] = '0';

t.test('viewers see the channel\'s own picture while the encoder is away', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  await fetch(`${app.url}/api/v1/channels/ada/slate`, { method: 'PUT', headers: { authorization: `Bearer ${app.accessToken}`, 'content-type': 'image/jpeg' }, body: new Uint8Array(makePicture('red', ONE_JPEG)) });
  const publisher = publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ size: '640x360', seconds: 30 }))) });
  const newest = async () => segmentsOf((await findPlaylist(`${app.url}/hls/ada/source/index.m3u8`)) ?? '').at(-1);
  const first = await until('a segment', newest);
  await end(publisher, 'SIGKILL');
  const slate = await until('a segment of the slate', async () => {
    const segment = await newest();
    return segment?.initUri === first.initUri ? undefined : segment;
  });
  const bytes = await Promise.all([slate.initUri, slate.uri].map(async (uri) => Buffer.from(await (await app.get(uri)).arrayBuffer())));
  const [red = 0, green = 255, blue = 255] = pixelsOf(Buffer.concat(bytes)).subarray((180 * 640 + 320) * 3);
  t.ok(red > 200 && green < 60 && blue < 60, 'its middle is red');
});
