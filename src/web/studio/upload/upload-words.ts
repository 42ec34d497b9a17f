import type { Upload } from '../../api/contract.js';
import { asSentence, plainWords } from '../../api/problem.js';
import { fileSize } from '../../words/figures.js';
import { waitOf } from '../../words/time.js';
import type { Sending } from './outbox.js';

/** What a row says of a file. */
export interface UploadWords {
  text: string;
  /** 0 to 1; undefined shows no bar, `unknown` one that only moves. */
  share: number | 'unknown' | undefined;
  isProblem: boolean;
}

/** Of a file that this page sends. */
export function wordsOfSending({ state, sentBytes, sizeBytes, bytesPerSec, remainingSec, error }: Sending): UploadWords {
  const share = sizeBytes === 0 ? 0 : sentBytes / sizeBytes;
  const percent = `${percentOf(share)} of ${fileSize(sizeBytes)}`;
  switch (state) {
    case 'waiting': return { text: `${fileSize(sizeBytes)}, waits for its turn`, share: undefined, isProblem: false };
    case 'sending': return { text: [percent, ...paceOf(bytesPerSec, remainingSec)].join(' · '), share, isProblem: false };
    case 'interrupted': return { text: `${percent} · the connection is lost; it goes on by itself`, share, isProblem: false };
    case 'paused': return { text: `${percent} · paused`, share, isProblem: false };
    case 'sent': return { text: 'Sent', share: 1, isProblem: false };
    case 'failed': return { text: plainWords(error), share: undefined, isProblem: true };
  }
}

/** Of a file that the server has, or has a part of. */
export function wordsOfUpload({ state, sizeBytes, receivedBytes, progress, problem }: Upload): UploadWords {
  switch (state) {
    case 'receiving': return { text: sizeBytes === 0 ? `${fileSize(receivedBytes)} arrived` : `${percentOf(receivedBytes / sizeBytes)} arrived. Choose the same file again to go on.`, share: undefined, isProblem: false };
    case 'queued': return { text: `${fileSize(sizeBytes)} arrived, waits to be prepared`, share: undefined, isProblem: false };
    case 'probing': return { text: 'Looking at the file …', share: 'unknown', isProblem: false };
    case 'encoding': return { text: `Preparing … ${percentOf(progress)}`, share: progress, isProblem: false };
    case 'ready': return { text: 'Ready to be watched', share: undefined, isProblem: false };
    case 'failed': return { text: asSentence(problem?.message ?? 'the server could not prepare this file'), share: undefined, isProblem: true };
  }
}

/** Never 100 before it is all. */
function percentOf(share: number): string {
  return `${share >= 1 ? 100 : Math.min(99, Math.floor(share * 100))} %`;
}

function paceOf(bytesPerSec: number | undefined, remainingSec: number | undefined): string[] {
  if (bytesPerSec === undefined || remainingSec === undefined) return [];
  return [`${fileSize(bytesPerSec)}/s`, `${waitOf(remainingSec)} left`];
}
