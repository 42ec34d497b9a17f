import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import { openKubo } from '../support/kubo.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const PROGRAM = path.resolve('dist/tidemark.js');
const manifestView = z.object({
  key: z.string(), isFinal: z.boolean(), blocks: z.number(),
  segments: z.array(z.object({ rendition: z.string(), number: z.number(), cid: z.string(), sizeBytes: z.number() })),
});
const verdict = z.object({ isTrue: z.boolean(), cid: z.string().optional(), files: z.number().optional(), key: z.string().optional(), problem: z.string().optional(), findings: z.array(z.object({ file: z.string(), kind: z.string() })).optional() });
const listed = z.object({ recordings: z.array(z.object({ id: z.string() })) });

/** What `tidemark verify` says, and the code that it ends with. */
async function verify(...args: string[]): Promise<{ code: number; text: string }> {
  const result = await run(process.execPath, [PROGRAM, 'verify', ...args]).then(({ stdout }) => ({ code: 0, text: stdout }), (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, text: error.stdout + error.stderr }));
  return result;
}

async function verdictOf(...args: string[]): Promise<z.infer<typeof verdict> & { code: number }> {
  const { code, text } = await verify('--json', ...args);
  return { code, ...verdict.parse(JSON.parse(text)) };
}

async function copyOfFolder(t: Test, folder: string): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), 'tidemark-copy-'));
  t.after(() => rm(copy, { recursive: true, force: true }));
  await cp(folder, copy, { recursive: true });
  return copy;
}

t.test('what was on air can be verified without the server that sent it', async (t) => {
  const kubo = await openKubo(t);
  const app = await startApp(t, { transcode: { ladder: ['360p'] }, archive: { ipfs: { apiUrls: [kubo.url] } } });
  const source = await makeSourceFile(t, obsLike({ size: '640x480', seconds: 14 }));
  const publisher = publish(t, { url: app.publishUrl, args: copyOf(source) });
  const gone = new Promise((resolve) => publisher.once('exit', resolve));
  const broadcasts = z.object({ broadcasts: z.array(z.object({ id: z.string() })) });
  const id = await until('a broadcast on air', async () => broadcasts.parse(await (await app.get('/api/v1/live')).json()).broadcasts[0]?.id);

  const early = await until('a signed part of the show', async () => {
    const response = await app.get(`/api/v1/broadcasts/${id}/manifest`);
    return response.ok ? manifestView.parse(await response.json()) : undefined;
  });
  t.equal(early.isFinal, false, 'while it is on air there is more to come');
  const { key } = z.object({ key: z.string() }).parse(await (await app.get('/api/v1/channels/ada/signing-key')).json());
  t.equal(early.key, key, 'the channel says which key is its own');
  t.match(await verdictOf(`${app.url}/recordings/${id}`, '--key', key), { code: 3, isTrue: true }, 'the part that is signed can be verified already, and is known to be a part');

  await gone;
  await until('the recording', async () => listed.parse(await (await app.get('/api/v1/recordings')).json()).recordings.find((one) => one.id === id));
  const full = await until('the end of the manifest', async () => {
    const manifest = manifestView.parse(await (await app.get(`/api/v1/broadcasts/${id}/manifest`)).json());
    return manifest.isFinal ? manifest : undefined;
  });
  t.same([...new Set(full.segments.map(({ rendition }) => rendition))].sort(), ['360p', 'audio', 'source'], 'every rendition is in it');
  const whole = await verdictOf(`${app.url}/vod/${id}/master.m3u8`, '--key', key);
  t.match(whole, { code: 0, isTrue: true, key });
  const root = z.object({ folder: z.string() }).parse(await (await app.get(`/api/v1/broadcasts/${id}/manifest`)).json()).folder;
  const played = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', '-allowed_extensions', 'ALL', `${app.url}/ipfs/${root}/master.m3u8`]);
  t.ok(Math.abs(Number(played.stdout) - 14) < 1, 'the recording plays by its CID alone');
  t.equal(played.stderr, '');
  t.match(await verdictOf(root, '--gateway', app.url), { code: 0, isTrue: true, cid: root }, 'all of it is to be had by its CID');
  t.match(await verdictOf(root, '--gateway', app.url, '--manifest', `${app.url}/recordings/${id}`, '--key', key), { code: 0, isTrue: true, files: whole.files ?? -1 }, 'and is what was signed');
  t.equal(await until('the pin', () => [...kubo.pins][0]), root, 'the same folder is pinned on a node');
  const apart = await verdictOf(root, '--gateway', kubo.url, '--manifest', path.join(app.config.mediaDir, id, 'manifest.car'), '--key', key);
  t.match(apart, { code: 0, isTrue: true }, 'the node has every byte of it');

  const folder = path.join(app.config.mediaDir, id);
  const copy = await copyOfFolder(t, folder);
  await app.app.stop();

  t.match(await verdictOf(copy, '--key', key), { code: 0, isTrue: true, files: whole.files ?? -1 }, 'a copy, with the server switched off');
  t.match((await verify(copy)).text, /true: every byte is what was signed/);
  t.match(await verdictOf(copy, '--key', 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'), { code: 1, isTrue: false, problem: /not by did:key:z6MkiTBz/ }, 'a foreign key');

  const names = (await readdir(path.join(copy, 'source'))).filter((name) => name.endsWith('.m4s'));
  const [one = '', other = ''] = names;
  const [fileOne, fileOther] = [path.join(copy, 'source', one), path.join(copy, 'source', other)];

  const bytes = await readFile(fileOne);
  const changed = Buffer.from(bytes);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  await writeFile(fileOne, changed);
  t.match(await verdictOf(copy), { code: 1, isTrue: false, findings: [{ file: `source/${one}`, kind: 'changed' }] }, 'one changed bit');
  await writeFile(fileOne, Buffer.concat([bytes, Buffer.from('x')]));
  t.match(await verdictOf(copy), { code: 1, findings: [{ file: `source/${one}`, kind: 'changed' }] }, 'one more byte');
  await unlink(fileOne);
  t.match(await verdictOf(copy), { code: 1, findings: [{ file: `source/${one}`, kind: 'missing' }] }, 'a removed segment');
  await rename(fileOther, fileOne);
  await writeFile(fileOther, bytes);
  const swapped = await verdictOf(copy);
  t.same(swapped.findings?.map(({ kind }) => kind), ['swapped', 'swapped'], 'a swapped pair');
  t.match((await verify(copy)).text, new RegExp(`source/${one} has the bytes of source/${other}`));

  const manifest = path.join(copy, 'manifest.car');
  const signed = await readFile(manifest);
  const forged = Buffer.from(signed);
  forged[forged.length - 10] = (forged[forged.length - 10] ?? 0) ^ 1;
  await writeFile(manifest, forged);
  t.match(await verdictOf(copy), { code: 1, isTrue: false, problem: /of the manifest/ }, 'a changed manifest');
  t.match(await verify(tmpdir()), { code: 2, text: /has no manifest\.car/ }, 'what cannot be told is neither true nor false');
});
