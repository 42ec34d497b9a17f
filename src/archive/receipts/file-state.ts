import type { BundleState } from '../queue/bundle-state.js';
import { isTooLong } from '../queue/plan.js';
import type { ArchiveState } from '../queue/tables.js';
import type { FileRow } from './queries.js';

/** How far one file is. Only what was fetched back and hashed again is `stored`; what fits into no bundle never is. */
export type FileState = 'planned' | 'held' | 'posting' | 'posted' | 'confirmed' | 'stored' | 'failed' | 'vetoed' | 'too-long';

const BY_BUNDLE: Record<BundleState, FileState> = {
  planned: 'planned', signed: 'posting', posting: 'posting', posted: 'posted', seeded: 'posted', confirmed: 'confirmed', stored: 'confirmed', dead: 'failed',
};

export function fileStateOf(file: Pick<FileRow, 'name' | 'rendition' | 'sizeBytes' | 'isVetoed' | 'storedAt' | 'bundleState'>, archive: ArchiveState): FileState {
  if (file.isVetoed) return 'vetoed';
  if (file.storedAt !== null) return 'stored';
  if (file.bundleState === null && isTooLong(file)) return 'too-long';
  const state = file.bundleState === null ? 'planned' : BY_BUNDLE[file.bundleState];
  return state === 'planned' && (archive === 'holding' || archive === 'held') ? 'held' : state;
}
