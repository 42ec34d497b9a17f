import type { Db, DbTransaction } from '../../platform/index.js';
import { reopenHeld } from '../desk/queries.js';
import { NotUndoable } from '../errors.js';
import type { ChatModes, SanctionKind } from '../events.js';
import { restoreMessages } from '../messages/queries.js';
import { updateModes } from '../room/queries.js';
import { liftSanctionMadeAt, markUndone } from './queries.js';
import type { StoredAct } from './queries.js';

export type GrantedRole = 'moderator' | 'vip' | 'none';

/** What has to be told when an act was taken back. */
export interface Undone {
  /** Messages that are in the room again. */
  messageIds: string[];
  isModesChanged: boolean;
}

const SANCTIONS: Record<string, SanctionKind> = { 'ban-user': 'ban', 'timeout-user': 'timeout', 'mute-user': 'mute' };

/** Takes back what an act changed in the database, once. @throws {NotUndoable} */
export async function takeBack(db: Db, act: StoredAct, undone: { by: string; at: Date }): Promise<Undone> {
  return db.transaction().execute(async (tx) => {
    if (!(await markUndone(tx, act.id, undone))) throw new NotUndoable();
    await liftItsSanction(tx, act, undone);
    const isModesChanged = await restoreModes(tx, act);
    const messageIds = await restoreMessages(tx, act.channelId, act.id);
    if (act.act === 'deny-message' && act.messageId !== undefined) await reopenHeld(tx, act.messageId);
    return { messageIds, isModesChanged };
  });
}

/** Only the one that the act made: what was imposed since stays. */
async function liftItsSanction(tx: DbTransaction, { act, channelId, targetId, at: madeAt }: StoredAct, { by, at }: { by: string; at: Date }): Promise<void> {
  const kind = SANCTIONS[act];
  if (kind !== undefined && targetId !== undefined) await liftSanctionMadeAt(tx, { channelId, userId: targetId, kind, madeAt, by, at });
}

/** Only those that the act changed. */
async function restoreModes(tx: DbTransaction, { act, channelId, detail: { before } }: StoredAct): Promise<boolean> {
  if (act !== 'set-modes' || !isModes(before)) return false;
  await updateModes(tx, channelId, before);
  return true;
}

/** What somebody was before `set-role`. */
export function roleBefore({ act, detail: { before } }: StoredAct): GrantedRole | undefined {
  return act === 'set-role' && (before === 'moderator' || before === 'vip' || before === 'none') ? before : undefined;
}

/** Written by `setModes`. */
function isModes(value: unknown): value is Partial<ChatModes> {
  return typeof value === 'object' && value !== null;
}
