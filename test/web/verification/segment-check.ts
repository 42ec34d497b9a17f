import t from 'tap';
import type { Test } from 'tap';
import { contentName } from '../../../src/archive/cid/content-hash.js';
import { markOf } from '../../../src/web/verification/check-status.js';
import type { FileSource } from '../../../src/web/verification/file-sources.js';
import { SegmentCheck } from '../../../src/web/verification/segment-check.js';
import type { SegmentCheckOptions } from '../../../src/web/verification/segment-check.js';
import { ManifestMaker } from '../../support/signed-manifest.js';
import { until } from '../../support/until.js';

const { signal } = new AbortController();

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function place(number: number): { url: string; startSec: number; endSec: number } {
  return { url: `/media/show/source/${number}.m4s?access=x`, startSec: number * 2, endSec: number * 2 + 2 };
}

/** A manifest that names segments 1 and 2, and a check of it; `elsewhere` says what each address answers. */
function open(t: Test, options: Partial<SegmentCheckOptions> & { isFinal?: boolean; elsewhere?: Record<string, string> } = {}): { check: SegmentCheck; manifest: ManifestMaker; asked: string[] } {
  const manifest = new ManifestMaker();
  manifest.sign([1, 2].map((number) => ({ number, bytes: bytesOf(`segment ${number}`) })), { isFinal: options.isFinal ?? true });
  const asked: string[] = [];
  const check = new SegmentCheck({
    load: async (from) => manifest.car(from),
    sources: async () => ['a', 'b'].map((name): FileSource => ({ name, addressOf: ({ cid }) => `${name}/${cid}` })),
    fetchBytes: async (address) => {
      asked.push(address);
      const text = options.elsewhere?.[address.slice(0, 1)];
      return text === undefined ? undefined : bytesOf(text);
    },
    ...options,
  });
  t.after(() => check.close());
  return { check, manifest, asked };
}

t.test('what is as signed is given on', async (t) => {
  const { check, manifest, asked } = open(t);
  t.equal(textOf(await check.check(place(1), bytesOf('segment 1'), signal)), 'segment 1');
  t.match(check.status, { verified: 1, refused: 0, key: manifest.key });
  t.same(asked, [], 'nobody else is asked');
  t.equal(markOf(check.status, undefined).name, 'verified');
});

t.test('a wrong byte is refused, and the right ones come from whoever has them', async (t) => {
  const { check, asked } = open(t, { elsewhere: { a: 'segment X', b: 'segment 1' } });
  t.equal(textOf(await check.check(place(1), bytesOf('segment !'), signal)), 'segment 1');
  const { cid } = contentName([bytesOf('segment 1')]);
  t.same(asked, [`a/${cid}`, `b/${cid}`], 'in the order in which they are named, by the hash of what is wanted');
  t.match(check.status, { verified: 1, refused: 2, recovered: [{ name: 'source/1.m4s', from: 'b' }] });
  t.equal(check.amissAt(3), undefined);
  t.match(markOf(check.status, undefined), { name: 'recovered', label: 'Verified', words: /2 wrong answers refused/ });
});

t.test('the bytes of another segment are wrong, too', async (t) => {
  const { check } = open(t);
  await t.rejects(check.check(place(1), bytesOf('segment 2'), signal), { name: 'SegmentRefused' });
  t.match(check.status, { refused: 1, verified: 0 });
});

t.test('what nobody has right is not played, until somebody has', async (t) => {
  const elsewhere: Record<string, string> = { a: 'segment ?' };
  const { check } = open(t, { elsewhere });
  await t.rejects(check.check(place(2), bytesOf('segment !'), signal), { name: 'SegmentRefused', message: /source\/2\.m4s is not what was signed/ });
  t.match(markOf(check.status, check.amissAt(3.5)), { name: 'refused', words: /source\/2\.m4s is not what was signed/ }, 'where the picture stops');
  t.equal(check.amissAt(1), undefined, 'not before');
  elsewhere['b'] = 'segment 2';
  t.equal(textOf(await check.check(place(2), bytesOf('segment !'), signal)), 'segment 2');
  t.equal(check.amissAt(3.5), undefined);
});

t.test('another rung stands in for a picture that failed, and no sound does', async (t) => {
  const { check, manifest } = open(t, { isFinal: false, everyMs: 5 });
  await t.rejects(check.check(place(1), bytesOf('segment !'), signal), { name: 'SegmentRefused' });
  const { cid, sizeBytes } = contentName([bytesOf('other')]);
  const entry = { number: 1, take: 0, discontinuity: 0, startUs: 2_000_000, durationUs: 2_000_000, sizeBytes, cid };
  manifest.sign([], { segments: ['audio', '360p'].map((rendition) => ({ ...entry, rendition })), isFinal: true });
  await check.check({ ...place(1), url: '/media/show/audio/1.m4s' }, bytesOf('other'), signal);
  await until('the next block', async () => (check.status.verified === 1 ? true : undefined));
  t.same(check.amissAt(2), { failed: 'source/1.m4s' });
  await check.check({ ...place(1), url: '/media/show/360p/1.m4s' }, bytesOf('other'), signal);
  t.equal(check.amissAt(2), undefined);
});

t.test('a finished manifest that does not name a file: it was never signed', async (t) => {
  const { check } = open(t);
  await t.rejects(check.check(place(3), bytesOf('segment 3'), signal), { name: 'SegmentRefused' });
  t.equal(markOf(check.status, check.amissAt(6)).name, 'refused');
});

t.test('on air: played before it is signed, and compared when it is', async (t) => {
  const { check, manifest } = open(t, { isFinal: false, everyMs: 5 });
  t.equal(textOf(await check.check(place(3), bytesOf('segment 3'), signal)), 'segment 3', 'nobody waits for the signature');
  await check.check(place(4), bytesOf('segment !'), signal);
  t.match(check.status, { waiting: 2, verified: 0 });
  t.equal(check.amissAt(3), undefined, 'the mark knows what is on the screen');
  t.match(markOf(check.status, check.amissAt(7)), { name: 'unsigned', label: 'Not signed yet' });
  manifest.sign([3, 4].map((number) => ({ number, bytes: bytesOf(`segment ${number}`) })));
  await until('the next block', async () => (check.status.waiting === 0 ? true : undefined));
  t.match(check.status, { verified: 1, playedWrong: 1 });
  t.equal(check.amissAt(7), undefined);
  t.match(markOf(check.status, undefined), { name: 'refused', words: /1 segment that you saw turned out not to be what was signed/ });
});

t.test('nothing is signed: it plays, and the mark says so', async (t) => {
  const { check } = open(t, { load: async () => undefined });
  t.equal(textOf(await check.check(place(1), bytesOf('anything'), signal)), 'anything');
  t.match(markOf(check.status, undefined), { name: 'unsigned', label: 'Not signed' });
});

t.test('a manifest that is not true: nothing plays', async (t) => {
  const [one, other] = [new ManifestMaker(), new ManifestMaker()];
  one.sign([{ number: 1, bytes: bytesOf('segment 1') }]);
  other.sign([]);
  other.sign([{ number: 2, bytes: bytesOf('segment 2') }], { previous: one.blocks[0]?.cid ?? null });
  const blocks = new ManifestMaker();
  blocks.blocks.push(...one.blocks, ...other.blocks.slice(1));
  const { check } = open(t, { load: async () => blocks.car() });
  await t.rejects(check.check(place(1), bytesOf('segment 1'), signal), { name: 'ManifestBroken' });
  t.match(markOf(check.status, undefined), { name: 'refused', label: 'Not true', words: /block 1 of the manifest is of another broadcast or another key/ });
});

t.test('a manifest that does not come: nothing plays, and it is asked for again', async (t) => {
  let isDown = true;
  const manifest = new ManifestMaker();
  manifest.sign([{ number: 1, bytes: bytesOf('segment 1') }], { isFinal: true });
  const { check } = open(t, { load: async () => {
    if (isDown) throw new Error('no answer');
    return manifest.car();
  } });
  await t.rejects(check.check(place(1), bytesOf('segment 1'), signal), { message: 'no answer' });
  isDown = false;
  t.equal(textOf(await check.check(place(1), bytesOf('segment 1'), signal)), 'segment 1');
});
