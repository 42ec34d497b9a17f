import type { Db } from '../../platform/index.js';
import { findSettings } from './queries.js';
import type { FinishedBroadcasts } from '../queue/planner.js';
import type { ArchiveRow } from '../queue/queries.js';

/**
 * Why an archive may not leave this server now; undefined when it may. Asked again at each step until something of it has left:
 * what was public when it was planned may be private by now.
 */
export async function whyKept(db: Db, { broadcastId, channelId, isEncrypted }: ArchiveRow, broadcasts: Pick<FinishedBroadcasts, 'visibilityOf'>): Promise<string | undefined> {
  const visibility = await broadcasts.visibilityOf(broadcastId);
  if (visibility === undefined) return 'the recording is gone';
  // Only ciphertext of it may go where everybody can read.
  if (visibility === 'private' && !isEncrypted) return 'the recording is private';
  // It was on when this came in: its settings are only gone when the channel is, and then so is the recording.
  return (await findSettings(db, channelId))?.isOn === false ? 'the archive of the channel is turned off' : undefined;
}
