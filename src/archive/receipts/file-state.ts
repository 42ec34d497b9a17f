import type { BundleState } from '../queue/bundle-state.js';
import type { ArchiveState } from '../queue/tables.js';
import type { FileRow } from './queries.js';

/** How far one file is. Only what was fetched back and hashed again is `stored`. */
export type FileState = 'planned' | 'held' | 'posting' | 'posted' | 'confirmed' | 'stored' | 'failed' | 'vetoed';

const BY_BUNDLE: Record<BundleState, FileState> = {
  planned: 'planned', signed: 'posting', posting: 'posting', posted: 'posted', seeded: 'posted', confirmed: 'confirmed', stored: 'confirmed', dead: 'failed',
};

export function fileStateOf(file: Pick<FileRow, 'isVetoed' | 'storedAt' | 'bundleState'>, archive: ArchiveState): FileState {
  if (file.isVetoed) return 'vetoed';
  if (file.storedAt !== null) return 'stored';
  const state = file.bundleState === null ? 'planned' : BY_BUNDLE[file.bundleState];
  return state === 'planned' && (archive === 'holding' || archive === 'held') ? 'held' : state;
}
