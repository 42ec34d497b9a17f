import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { MemoryBudget } from '../../src/packager/store/memory-budget.js';
import { SegmentStore } from '../../src/packager/store/segment-store.js';
import { recordingLog } from '../support/log.js';

const run = promisify(execFile);
const MIB = 1 << 20;

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-store-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function openStore(folder: string, options: { memoryBytes?: number; onWriteFailed?: () => void } = {}) {
  const memory = new MemoryBudget(options.memoryBytes ?? 100 * MIB);
  const log = recordingLog();
  return { store: new SegmentStore({ ...options, folder, memory, log }), memory, log };
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
}

/** Reads what the store gives, from memory or from disk. */
async function bytesOf(store: SegmentStore, name: string): Promise<string | undefined> {
  const found = store.find(name);
  if (found === undefined) return undefined;
  const bytes = 'file' in found ? await readFile(found.file) : Buffer.concat(found.buffers);
  return bytes.length === found.sizeBytes ? bytes.toString() : `${bytes.length} bytes instead of ${found.sizeBytes}`;
}

t.test('a file is there at once, and on disk soon, whole and under its name only', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'b1');
  const { store } = openStore(folder);
  store.add('720p/0.m4s', [Buffer.from('one '), Buffer.from('two')]);
  t.equal(await bytesOf(store, '720p/0.m4s'), 'one two');
  await store.settled();
  t.same(await filesUnder(folder), ['720p/0.m4s']);
  t.equal(await readFile(path.join(folder, '720p/0.m4s'), 'utf8'), 'one two');
  t.equal(store.find('720p/1.m4s'), undefined);
});

t.test('a removed file is gone, also when its write had not begun', async (t) => {
  const folder = await temporaryFolder(t);
  const { store, memory } = openStore(folder);
  store.add('a/0.m4s', [Buffer.from('x')]);
  await store.settled();
  store.add('a/1.m4s', [Buffer.from('y')]);
  store.remove('a/0.m4s');
  store.remove('a/1.m4s');
  store.remove('a/2.m4s');
  t.equal(store.find('a/0.m4s'), undefined);
  await store.settled();
  t.same(await filesUnder(folder), []);
  t.equal(memory.usedBytes, 0);
});

t.test('memory is bounded: what is on disk is read from there', async (t) => {
  const folder = await temporaryFolder(t);
  const { store, memory } = openStore(folder, { memoryBytes: 10 });
  for (const name of ['a/0.m4s', 'a/1.m4s']) {
    store.add(name, [Buffer.from(`${name} `)]);
    await store.settled();
  }
  t.ok(memory.usedBytes <= 10);
  t.match(store.find('a/0.m4s'), { sizeBytes: 8, file: path.join(folder, 'a/0.m4s') });
  t.match(store.find('a/1.m4s'), { buffers: [Buffer.from('a/1.m4s ')] });
  t.equal(await bytesOf(store, 'a/0.m4s'), 'a/0.m4s ');
});

t.test('memory is shared by all broadcasts: the oldest of any goes first', async (t) => {
  const memory = new MemoryBudget(10);
  const log = recordingLog();
  const [one, two] = [await temporaryFolder(t), await temporaryFolder(t)].map((folder) => new SegmentStore({ folder, memory, log }));
  one?.add('a/0.m4s', [Buffer.from('12345')]);
  await one?.settled();
  two?.add('a/0.m4s', [Buffer.from('1234567')]);
  t.ok('file' in (one?.find('a/0.m4s') ?? {}));
});

t.test('four files of each rendition stay in memory; those before them are read from disk', async (t) => {
  const folder = await temporaryFolder(t);
  const { store, memory } = openStore(folder);
  store.add('a/init-0.mp4', [Buffer.from('init')], { isPinned: true });
  for (let i = 0; i < 7; i++) {
    for (const rendition of ['a', 'b']) store.add(`${rendition}/${i}.m4s`, [Buffer.from(`${rendition}${i}`)]);
    if (i === 2) await store.settled(); // of those to go, some are on disk by then and some are not
  }
  await store.settled();
  const where = (name: string) => ('file' in (store.find(name) ?? {}) ? 'disk' : 'memory');
  t.same([0, 1, 2, 3, 4, 5, 6].map((i) => where(`a/${i}.m4s`)), ['disk', 'disk', 'disk', 'memory', 'memory', 'memory', 'memory']);
  t.same([2, 3].map((i) => where(`b/${i}.m4s`)), ['disk', 'memory']);
  t.equal(where('a/init-0.mp4'), 'memory');
  t.equal(memory.usedBytes, 2 * 4 * 2);
  t.equal(await bytesOf(store, 'b/0.m4s'), 'b0');
  t.equal(await bytesOf(store, 'b/6.m4s'), 'b6');
});

t.test('destroy leaves nothing, whatever is under way', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'b1');
  const { store, memory } = openStore(folder);
  for (let i = 0; i < 50; i++) store.add(`a/${i}.m4s`, [Buffer.alloc(10_000)]);
  await store.destroy();
  store.add('a/late.m4s', [Buffer.from('x')]);
  await store.settled();
  await t.rejects(stat(folder), { code: 'ENOENT' });
  t.equal(memory.usedBytes, 0);
  t.equal(store.find('a/0.m4s'), undefined);
});

t.test('a folder that cannot be written is said once, and service goes on from memory', async (t) => {
  const { store, log } = openStore('/dev/null/nowhere');
  store.add('a/0.m4s', [Buffer.from('x')]);
  store.add('a/1.m4s', [Buffer.from('y')]);
  await store.settled();
  t.equal(await bytesOf(store, 'a/1.m4s'), 'y');
  for (let i = 2; i < 9; i++) store.add(`a/${i}.m4s`, [Buffer.from('z')]);
  await store.settled();
  t.equal(await bytesOf(store, 'a/0.m4s'), 'x', 'however old');
  t.equal(log.lines.filter(({ level }) => level === 'error').length, 1);
});

t.test('without a disk, memory is bounded all the same, and init segments stay', async (t) => {
  const { store, memory } = openStore('/dev/null/nowhere', { memoryBytes: 10_000 });
  store.add('a/init-0.mp4', [Buffer.from('init')], { isPinned: true });
  for (let i = 0; i < 20; i++) store.add(`a/${i}.m4s`, [Buffer.alloc(1_000)]);
  await store.settled();
  t.ok(memory.usedBytes <= 10_000);
  t.equal(store.find('a/0.m4s'), undefined, 'the oldest is gone, not half there');
  t.equal(store.find('a/19.m4s')?.sizeBytes, 1_000);
  t.equal(await bytesOf(store, 'a/init-0.mp4'), 'init', 'without it no player could start');
});

/** Mounts a disk of 1 MiB; undefined where that is not permitted. */
async function mountSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    return folder;
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
}

const disk = await mountSmallDisk();

t.test('a full disk', { skip: disk === undefined ? 'mounting a small disk is not permitted here' : false }, async (t) => {
  if (disk === undefined) return;
  t.after(async () => {
    await run('umount', ['-l', disk]);
    await rm(disk, { recursive: true });
  });
  const folder = path.join(disk, 'b1');
  let failures = 0;
  const { store, log } = openStore(folder, { onWriteFailed: () => { failures++; } });
  const add = async (name: string): Promise<void> => {
    store.add(name, [Buffer.alloc(200_000, 1), Buffer.alloc(200_000, 2)]);
    await store.settled();
  };
  for (const name of ['a/0.m4s', 'a/1.m4s', 'a/2.m4s', 'a/3.m4s']) await add(name);
  t.same(await filesUnder(folder), ['a/0.m4s', 'a/1.m4s'], 'nothing is left half written');
  const last = store.find('a/3.m4s');
  t.ok(failures > 0, 'who makes room hears of it');
  t.ok(last && 'buffers' in last && Buffer.concat(last.buffers).length === 400_000, 'viewers go on from memory');
  t.match(log.lines.map(({ level, message }) => ({ level, message })), [{ level: 'error', message: /^segment could not be written; serving from memory: / }]);

  store.remove('a/0.m4s');
  store.remove('a/1.m4s');
  await add('a/4.m4s');
  t.same(await filesUnder(folder), ['a/2.m4s', 'a/3.m4s'], 'when there is space, what was refused comes first');
  store.remove('a/2.m4s');
  await store.settled();
  t.same(await filesUnder(folder), ['a/3.m4s', 'a/4.m4s'], 'and then what is newer');
  t.equal(log.lines.length, 1, 'three files are no recovery yet');
  for (let i = 0; i < 9; i++) {
    store.add(`b/${i}.m4s`, [Buffer.alloc(100)]);
    await store.settled();
  }
  t.match(log.lines.slice(1), [{ level: 'info', message: 'segments are written to disk again', fields: { failedWrites: Number } }]);
  await store.destroy();
  t.same(await readdir(disk), []);

  await t.test('half a line of the journal spoils none that follows', async (t) => {
    const { store } = openStore(folder);
    const lines = Array.from({ length: 300 }, (_, i) => `{"line":${i},"text":"${'x'.repeat(4_000)}"}`);
    for (const line of lines) {
      store.append('journal.jsonl', `${line}\n`);
      await store.settled();
    }
    const journal = path.join(folder, 'journal.jsonl');
    t.notOk((await readFile(journal, 'utf8')).endsWith('\n'), 'the disk took a part of one');
    await run('mount', ['-o', 'remount,size=4m', disk]);
    store.append('journal.jsonl', '{"line":"last"}\n');
    await store.settled();
    const found = new Set((await readFile(journal, 'utf8')).split('\n'));
    t.same([...lines, '{"line":"last"}'].filter((line) => !found.has(line)), []);
    await store.destroy();
  });
});
