import { randomUUID } from 'node:crypto';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { UploadWithoutRoom } from '../../../src/ingest/upload/errors.js';
import { Preparation, UploadFolder } from '../../../src/ingest/upload/index.js';
import { findUpload, insertUpload, moveUpload } from '../../../src/ingest/upload/queries.js';
import type { UploadState } from '../../../src/ingest/upload/queries.js';
import { AppError } from '../../../src/platform/index.js';
import type { Db } from '../../../src/platform/index.js';
import { ADA, openDatabase, serveAccounts, signInOf } from '../../support/accounts.js';
import { recordingLog } from '../../support/log.js';
import { until } from '../../support/until.js';

type Look = (file: string, signal: AbortSignal) => Promise<void>;

/** A preparation whose looking at files is the test's; what it looked at becomes a recording at once. */
async function openBench(t: Test, db: Db, look: Look) {
  const { api, channels } = await serveAccounts(t, { db });
  const { user } = signInOf(await api('POST', '/auth/register', { body: ADA }));
  const { id: channelId } = await channels.get('ada');
  const folder = new UploadFolder(await mkdtemp(path.join(tmpdir(), 'tidemark-preparation-')));
  t.after(() => rm(folder.folder, { recursive: true, force: true }));
  const draft = { sink: undefined, finish: async () => true, discard: async () => undefined };
  const preparation = new Preparation<undefined>({
    db, folder, log: recordingLog(), pauseMs: 100, checkRoom: async () => undefined,
    transcoder: { openFile: async (file, { signal }) => {
      await look(file, signal);
      return { durationSec: 1, sizeBytes: 1, run: async () => undefined };
    } },
    recordings: { has: async () => false, open: async () => draft, list: async () => undefined },
  });
  t.after(() => preparation.stop());
  let turn = 0;
  const queue = async (): Promise<string> => {
    const id = randomUUID();
    await insertUpload(db, { id, channelId, makerId: user.id, kind: 'file', fileName: 'a.mp4', title: 'A', description: '', sizeBytes: 1, createdAt: new Date() });
    await moveUpload(db, id, 'queued', { at: new Date(turn++) });
    await writeFile(folder.fileOf(id), 'x');
    preparation.wake();
    return id;
  };
  const untilState = async (id: string, state: UploadState) => until(`upload ${id} is ${state}`, async () => {
    const upload = await findUpload(db, id);
    return upload?.state === state ? upload : undefined;
  });
  return { preparation, folder, queue, untilState };
}

t.test('preparation', async (t) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-preparation-db-'));
  const db = await openDatabase(t, { url: '', dataDir });
  t.after(() => rm(dataDir, { recursive: true, force: true }));

  await t.test('what fails by the server\'s fault keeps its bytes, lets others go first and is tried again', async (t) => {
    const looked: string[] = [];
    const { preparation, folder, queue, untilState } = await openBench(t, db, async (file) => {
      looked.push(path.basename(file));
      await access(file);
      const times = looked.filter((name) => name === looked[0]).length;
      if (looked.at(-1) === looked[0] && times < 5) throw times === 1 ? new UploadWithoutRoom() : new Error('EIO');
    });
    const unlucky = await queue();
    const other = await queue();
    await preparation.start();
    await untilState(other, 'ready');
    await untilState(unlucky, 'ready');
    t.same(looked, [unlucky, other, unlucky, unlucky, unlucky, unlucky], 'more often than a file is tried that takes the server with it');
    await until('its bytes are gone', async () => (await folder.arrived(unlucky)) === undefined ? true : undefined);
  });

  await t.test('the file\'s fault is told, and its bytes go', async (t) => {
    const { preparation, queue, untilState } = await openBench(t, db, async () => {
      throw new AppError('file_damaged', 'it is damaged', { status: 422 });
    });
    await preparation.start();
    const { problem } = await untilState(await queue(), 'failed');
    t.same(problem, { code: 'file_damaged', message: 'it is damaged' });
  });

  await t.test('a clean stop is no attempt', async (t) => {
    let isLooking: () => void = () => undefined;
    const looking = new Promise<void>((resolve) => { isLooking = resolve; });
    const { preparation, queue, untilState } = await openBench(t, db, (_file, signal) => new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      isLooking();
    }));
    const id = await queue();
    await preparation.start();
    await looking;
    await preparation.stop();
    t.match(await untilState(id, 'probing'), { attempts: 0 });
  });
});
