import t from 'tap';
import { obstacleOf } from '../../src/web/studio/channel/picture-rules.js';

t.test('what the server will not take is told before it is sent', async (t) => {
  t.equal(obstacleOf({ type: 'image/webp', size: 5 << 20 }), undefined);
  t.match(obstacleOf({ type: 'image/png', size: (5 << 20) + 1024 * 1024 }), 'has 6.0 MB, and 5 MB is the most');
  for (const type of ['image/gif', 'image/svg+xml', 'text/html', '']) t.match(obstacleOf({ type, size: 100 }), 'no PNG, JPEG or WebP');
});
