import type { ArchiveDetails, ArchivedFile, ArchiveState, Receipts } from '../../api/archive-contract.js';

const FAST_MS = 5_000;
const SLOW_MS = 60_000;
/** The answer names every file: those of a long show are megabytes. */
const MANY_FILES = 2_000;
const MANY_FACTOR = 6;

/** Files that are done, of those that are meant to be. */
export interface Progress {
  done: number;
  of: number;
}

/** Of a show on its way; what was left out is not waited for. */
export function storedOf(files: ArchivedFile[]): Progress {
  const meant = files.filter((file) => !isLeftOut(file));
  return { done: meant.filter(({ state }) => state === 'stored').length, of: meant.length };
}

/** Whether all of it is on Arweave, and some of it is still to be fetched back: for the first time, or once more. */
export function isBeingChecked({ state, files }: Pick<Receipts, 'state' | 'files'>): boolean {
  return state === 'storing' && files.every((file) => file.state === 'confirmed' || file.state === 'stored' || isLeftOut(file));
}

/** Of a show that somebody has fetched back once more, the files that were since then; undefined for any other. */
export function checkedOf(archive: Pick<ArchiveDetails, 'state' | 'files' | 'log'>): Progress | undefined {
  const wishedAt = archive.log.find(({ action }) => action === 'verify')?.at;
  if (wishedAt === undefined || !isBeingChecked(archive)) return undefined;
  return { ...storedOf(archive.files), done: archive.files.filter(({ receipt }) => receipt !== null && receipt.storedAt >= wishedAt).length };
}

/** Since when every receipt is good: the time of the oldest one. */
export function checkedAt(files: ArchivedFile[]): string | undefined {
  return files.flatMap(({ receipt }) => (receipt === null ? [] : [receipt.storedAt])).toSorted()[0];
}

/** Pause until a show's archive is asked for again, ms. */
export function paceMs(receipts: Pick<Receipts, 'state' | 'files'> | undefined): number {
  if (receipts === undefined) return FAST_MS;
  const pace = paceOf(receipts.state);
  return receipts.files.length > MANY_FILES ? pace * MANY_FACTOR : pace;
}

/** Whether a part of a show can still be kept out, or all of it. */
export function canVeto(state: ArchiveState): boolean {
  return state === 'holding' || state === 'queued' || state === 'held';
}

function isLeftOut({ state }: ArchivedFile): boolean {
  return state === 'vetoed' || state === 'too-long';
}

/** What is over changes when somebody verifies, on whatever page. */
function paceOf(state: ArchiveState): number {
  return canVeto(state) || state === 'storing' ? FAST_MS : SLOW_MS;
}
