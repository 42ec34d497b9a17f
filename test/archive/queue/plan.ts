import t from 'tap';
import { contentName } from '../../../src/archive/cid/content-hash.js';
import { bundlesOf, cutArchive, ITEM_OVERHEAD_BYTES, looseFilesOf, mediaOf, pathManifest } from '../../../src/archive/queue/plan.js';
import type { RenditionFacts } from '../../../src/archive/queue/plan.js';

const { cid } = contentName([Buffer.from('anything')]);

function manifestOf(names: string[]) {
  return {
    inits: names.map((rendition) => ({ rendition, take: 0, sizeBytes: 1, cid })),
    segments: names.flatMap((rendition) => [0, 1].map((number) => ({ rendition, number, take: 0, discontinuity: 0, startUs: number * 2_000_000, durationUs: 2_000_000, sizeBytes: 1, cid }))),
    files: ['master.m3u8', 'source/index.m3u8', 'chat.jsonl'].map((name) => ({ name, sizeBytes: 1, cid })),
  };
}

function video(name: string, shortSide: number): RenditionFacts {
  return { name, kind: 'video', shortSide };
}

const AUDIO: RenditionFacts = { name: 'audio', kind: 'audio', shortSide: 0 };

t.test('a tier chooses by the short side of the picture', async (t) => {
  const chosen = (renditions: RenditionFacts[]) => [...new Set(mediaOf(manifestOf(renditions.map(({ name }) => name)), 'audio+360p', { renditions, slates: [] }).map(({ rendition }) => rendition))].sort();
  t.same(chosen([video('source', 1080), video('720p', 720), video('360p', 360), AUDIO]), ['360p', 'audio']);
  t.same(chosen([video('source', 1080), video('480p', 480), video('240p', 240), AUDIO]), ['480p', 'audio'], 'the smallest that has as much');
  t.same(chosen([video('source', 240), AUDIO]), ['audio', 'source'], 'the only one, when it has less');
  t.same(chosen([AUDIO]), ['audio']);
});

t.test('files stand in the order of their times, the inits first', async (t) => {
  const facts = { renditions: [video('source', 1080), AUDIO], slates: [] };
  t.same(mediaOf(manifestOf(['source', 'audio']), 'all', facts).map(({ name }) => name), ['source/init-0.mp4', 'audio/init-0.mp4', 'audio/0.m4s', 'source/0.m4s', 'audio/1.m4s', 'source/1.m4s']);
  t.same(mediaOf(manifestOf(['source', 'audio']), 'manifest', facts), []);
});

t.test('what stood in for the show is not stored', async (t) => {
  const { inits, segments } = manifestOf(['source']);
  const manifest = { inits: inits.concat(inits.map((init) => ({ ...init, take: 1 }))), segments: segments.map((segment) => ({ ...segment, take: segment.number })) };
  t.same(mediaOf(manifest, 'all', { renditions: [video('source', 1080)], slates: [1] }).map(({ name }) => name), ['source/init-0.mp4', 'source/0.m4s']);
});

t.test('what was said is stored with the media; playlists are made for what is stored', async (t) => {
  t.same(looseFilesOf(manifestOf([]), 'all', { withChat: true }).map(({ name }) => name), ['chat.jsonl']);
  t.same(looseFilesOf(manifestOf([]), 'manifest', { withChat: true }), []);
  t.same(looseFilesOf(manifestOf([]), 'all', { withChat: false }), [], 'only when the owner wants it');
});

t.test('bundles are full, and no fuller', async (t) => {
  const files = (...sizes: number[]) => sizes.map((sizeBytes) => ({ sizeBytes: sizeBytes - ITEM_OVERHEAD_BYTES }));
  const sizes = (bundles: { sizeBytes: number }[][]) => bundles.map((bundle) => bundle.map(({ sizeBytes }) => sizeBytes + ITEM_OVERHEAD_BYTES));
  t.same(sizes(bundlesOf(files(4_000, 6_000, 1_500), 10_000)), [[4_000, 6_000], [1_500]]);
  t.same(sizes(bundlesOf(files(2_000, 90_000, 2_000, 2_000), 10_000)), [[2_000], [90_000], [2_000, 2_000]], 'a long file has one of its own');
  t.same(bundlesOf([]), []);
});

t.test('the manifest goes by itself, and what names all others goes last', async (t) => {
  const file = (name: string, sizeBytes = 1, rendition: string | null = null) => ({ name, rendition, sizeBytes });
  const cut = (files: ReturnType<typeof file>[], texts: ReturnType<typeof file>[] = []) => cutArchive(files, texts).map(({ kind, files: some }) => [kind, ...some.map(({ name }) => name)]);
  const media = [file('source/0.m4s', 20 << 20, 'source'), file('source/1.m4s', 20 << 20, 'source')];
  t.same(cut([...media, file('chat.jsonl', 20 << 20), file('manifest.car')], [file('source/index.m3u8', 20 << 20), file('master.m3u8')]), [
    ['manifest', 'manifest.car'], ['files', 'source/0.m4s'], ['files', 'source/1.m4s'], ['files', 'chat.jsonl'], ['last', 'source/index.m3u8', 'master.m3u8'],
  ]);
  t.same(cut([file('manifest.car')]), [['manifest', 'manifest.car']], 'the smallest tier');
  t.same(cut([]), [], 'nothing is left when the manifest is on its way already');
  t.same(cut([file('chat.jsonl', 33 << 20), file('source/0.m4s', 33 << 20, 'source'), file('manifest.car', 33 << 20)]), [['manifest', 'manifest.car'], ['files', 'source/0.m4s']], 'what nobody can play without is never too long');
});

t.test('the path manifest is that of Arweave', async (t) => {
  t.equal(pathManifest([{ name: 'master.m3u8', id: 'a' }, { name: 'source/1.m4s', id: 'b' }]),
    '{"manifest":"arweave/paths","version":"0.2.0","index":{"path":"master.m3u8"},"paths":{"master.m3u8":{"id":"a"},"source/1.m4s":{"id":"b"}}}');
});
