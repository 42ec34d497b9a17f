import t from 'tap';
import { contentName } from '../../../src/archive/cid/content-hash.js';
import type { Finding, Manifest } from '../../../src/archive/browser.js';
import { verdictOf } from '../../../src/web/verification/verdict.js';

const { cid } = contentName([Buffer.from('x')]);
const segment = (number: number): Manifest['segments'][number] => ({ rendition: '720p', number, take: 0, discontinuity: 0, startUs: 10_000_000 + number * 2_000_000, durationUs: 2_000_000, sizeBytes: 1, cid });
const manifest: Manifest = {
  broadcast: 'b', channel: 'ada', key: 'did:key:z', epochMs: 0, head: cid, signedAtMs: 0, isFinal: true, inits: [], segments: [1, 2, 3].map(segment), files: [], folder: null,
};

function verdict(findings: Finding[], isFinal = true): ReturnType<typeof verdictOf> {
  return verdictOf({ isManifestTrue: true, verification: { manifest: { ...manifest, isFinal }, files: 3 - findings.length, sizeBytes: 2_000_000, findings } });
}

t.test('the outcome is said in plain words', async (t) => {
  t.match(verdict([]), { level: 'ok', title: 'True', words: '3 of 3 files, 2.0 MB, are what was signed: every byte of it.', faults: [] });
  t.match(verdict([], false), { level: 'warn', title: 'True as far as it goes' });
  t.match(verdictOf({ isManifestTrue: false, message: 'block 1 of the manifest is not the first' }), { level: 'error', title: 'False', words: /block 1 of the manifest/ });
});

t.test('each fault is placed as the player counts, from the first picture on', async (t) => {
  const { level, faults } = verdict([
    { file: '720p/2.m4s', kind: 'changed', message: '' },
    { file: '720p/3.m4s', kind: 'swapped', message: '720p/3.m4s has the bytes of 720p/1.m4s' },
    { file: '720p/init-0.mp4', kind: 'missing', message: '' },
  ]);
  t.equal(level, 'error');
  t.same(faults.map(({ file, words }) => `${file} ${words}`), [
    '720p/2.m4s has other bytes than were signed, 0:02 to 0:04 of the show',
    '720p/3.m4s has the bytes of 720p/1.m4s, 0:04 to 0:06 of the show',
    '720p/init-0.mp4 is missing',
  ]);
});
