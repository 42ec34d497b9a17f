import t from 'tap';
import type { Media } from '../../../src/streams/index.js';
import { Interleave } from '../../../src/transcode/file/interleave.js';
import { videoFrame } from '../../support/frames.js';

const frame = (atMs: number): Media => ({ type: 'frame', frame: videoFrame(atMs, { isKey: true }) });

function watch(maxWaitingBytes: number) {
  const out: string[] = [];
  const interleave = new Interleave({ renditions: ['a', 'b'], maxWaitingBytes, onMedia: (name, media) => out.push(`${name}${media.type === 'frame' ? media.frame.dtsMs : ''}`) });
  return { out, interleave };
}

t.test('frames leave in the order of their times, however their pipes fill', async (t) => {
  const { out, interleave } = watch(1 << 20);
  for (const atMs of [0, 40, 80, 120]) interleave.add('a', frame(atMs));
  t.same(out, [], 'b may still be earlier');
  for (const atMs of [20, 60]) interleave.add('b', frame(atMs));
  t.same(out, ['a0', 'b20', 'a40', 'b60']);
  interleave.end('b');
  t.same(out.slice(4), ['a80', 'a120'], 'nothing more comes of b');
});

t.test('one that is far behind is not waited for without bound', async (t) => {
  const { out, interleave } = watch(10);
  for (const atMs of [0, 40, 80]) interleave.add('a', frame(atMs));
  t.ok(out.length > 0 && out.length <= 3, `${out.length} of three have left`);
});
