import type { Db } from '../../platform/index.js';
import { tables } from '../queue/tables.js';

/** What was decided or done about an archive, and by whom. Lines are never changed or taken out. */
export interface LogLine {
  at: Date;
  actor: string;
  broadcastId: string | null;
  channelId: string;
  action: string;
  detail: string;
}

export async function insertLog(db: Db, { at, actor, broadcastId, channelId, action, detail }: LogLine): Promise<void> {
  await tables(db).insertInto('archive_log').values({ at, actor, broadcast_id: broadcastId, channel_id: channelId, action, detail }).execute();
}

/** The newest first. */
export async function listLog(db: Db, broadcastId: string, limit: number): Promise<LogLine[]> {
  const rows = await tables(db).selectFrom('archive_log').selectAll().where('broadcast_id', '=', broadcastId).orderBy('number', 'desc').limit(limit).execute();
  return rows.map(({ at, actor, channel_id, action, detail }) => ({ at, actor, broadcastId, channelId: channel_id, action, detail }));
}
