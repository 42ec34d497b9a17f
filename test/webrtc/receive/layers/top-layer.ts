import t from 'tap';
import { TopLayer } from '../../../../src/webrtc/receive/layers/top-layer.js';

const LOOK_MS = 500;

/** Looks twice a second at layers that send so many bytes each time; what is preferred after each look. */
function watch(looks: number[][], top = new TopLayer(looks[0]?.length ?? 0)) {
  const totals = (looks[0] ?? []).map(() => 0);
  const preferred = looks.map((bytes, i) => {
    bytes.forEach((size, layer) => { totals[layer] = (totals[layer] ?? 0) + size; });
    top.look(totals, i * LOOK_MS);
    return top.preferred;
  });
  return { order: top.order, preferred };
}

const times = (count: number, bytes: number[]) => Array.from({ length: count }, () => bytes);

t.test('bytes tell which layer is the largest, wherever the encoder lists it', async (t) => {
  t.same(watch(times(2, [10, 40, 160])), { order: [0, 1, 2], preferred: [undefined, 2] });
  t.same(watch(times(2, [160, 40, 10])), { order: [2, 1, 0], preferred: [undefined, 0] });
});

t.test('larger layers are waited for, as encoders add them one after the other', async (t) => {
  const { order, preferred } = watch([...times(2, [10, 0]), ...times(3, [10, 40])]);
  t.same(order, [0, 1]);
  t.same(preferred, [undefined, undefined, undefined, 1, 1]);
});

t.test('a layer that does not come within 5 s is the largest, and taken when it has come for 10', async (t) => {
  const { order, preferred } = watch([...times(12, [0, 40, 10]), ...times(20, [160, 40, 10])]);
  t.same(order, [2, 1, 0]);
  t.same(preferred.slice(9, 12), [undefined, 1, 1]);
  t.same(preferred.slice(-2), [1, 0]);
});

t.test('a largest layer that stops gives way to the next, and comes back when it is steady', async (t) => {
  const { preferred } = watch([...times(3, [10, 160]), ...times(4, [10, 0]), ...times(19, [10, 160]), [10, 160]]);
  t.same(preferred.slice(2, 7), [1, 1, 0, 0, 0]);
  t.same(preferred.slice(-2), [0, 1]);
});

t.test('nothing is chosen where nothing comes', async (t) => {
  t.same(watch(times(20, [0, 0])).preferred.filter((one) => one !== undefined), []);
});
