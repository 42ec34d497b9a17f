import t from 'tap';
import { Problem } from '../../../src/web/api/problem.js';
import type { Upload } from '../../../src/web/api/contract.js';
import type { Sending } from '../../../src/web/studio/upload/outbox.js';
import { Pace } from '../../../src/web/studio/upload/pace.js';
import { wordsOfSending, wordsOfUpload } from '../../../src/web/studio/upload/upload-words.js';

const MB = 1_000_000;

const sending = (changes: Partial<Sending>): Sending => ({
  key: 1, slug: 'ada', fileName: 'film.mp4', sizeBytes: 500 * MB, sentBytes: 215 * MB, bytesPerSec: undefined, remainingSec: undefined, state: 'sending', uploadId: 'u', error: undefined, ...changes,
});
const upload = (changes: Partial<Upload>): Upload => ({
  id: 'u', fileName: 'film.mp4', title: 'film', state: 'receiving', sizeBytes: 500 * MB, receivedBytes: 215 * MB, progress: 0, createdAt: '2026-01-01T00:00:00Z', ...changes,
});

t.test('speed is that of the last seconds, and of none before a break', async (t) => {
  const pace = new Pace();
  pace.add(0, 0);
  t.equal(pace.bytesPerSec, undefined, 'too early to say');
  for (let sec = 1; sec <= 20; sec++) pace.add(sec * MB, sec * 1000);
  for (let sec = 21; sec <= 40; sec++) pace.add((20 + (sec - 20) * 4) * MB, sec * 1000);
  t.equal(pace.bytesPerSec, 4 * MB);
  t.equal(pace.remainingSec(140 * MB), 10);
  pace.reset();
  t.same([pace.bytesPerSec, pace.remainingSec(140 * MB)], [undefined, undefined]);
});

t.test('what a file says while it is sent', async (t) => {
  t.equal(wordsOfSending(sending({ bytesPerSec: 8.2 * MB, remainingSec: 35 })).text, '43 % of 500 MB · 8.2 MB/s · 35 s left');
  t.equal(wordsOfSending(sending({ sentBytes: 499.9 * MB })).text, '99 % of 500 MB', 'never whole before it is');
  t.equal(wordsOfSending(sending({ state: 'interrupted' })).text, '43 % of 500 MB · the connection is lost; it goes on by itself');
  t.equal(wordsOfSending(sending({ state: 'paused' })).text, '43 % of 500 MB · paused');
  const full = new Problem({ code: 'upload_without_room', status: 507, message: 'the disk of this server has no room for this' });
  t.same(wordsOfSending(sending({ state: 'failed', error: full })), { text: 'The disk of this server has no room for this.', share: undefined, isProblem: true });
});

t.test('what a file says once the server has it', async (t) => {
  t.equal(wordsOfUpload(upload({})).text, '43 % arrived. Choose the same file again to go on.');
  t.same(wordsOfUpload(upload({ state: 'encoding', progress: 0.437 })), { text: 'Preparing … 43 %', share: 0.437, isProblem: false });
  t.match(wordsOfUpload(upload({ state: 'failed', problem: { code: 'file_cut_off', message: 'this file is not whole: 12 of 60 seconds are there' } })), { text: 'This file is not whole: 12 of 60 seconds are there.', isProblem: true });
});
