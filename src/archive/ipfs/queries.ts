import { sql } from 'kysely';
import type { Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';
import type { PinKind } from './pin-target.js';

export type PinState = 'waiting' | 'pinning' | 'pinned' | 'failed';

type PinTables = {
  archive_pins: {
    broadcast_id: string;
    target: string;
    kind: PinKind;
    cid: string;
    state: PinState;
    attempts: Generated<number>;
    due_at: Date;
    lease_until: Generated<Date | null>;
    request_id: Generated<string | null>;
    checked_at: Generated<Date | null>;
    error: Generated<string | null>;
  };
};

/** A recording on a target, taken to be worked on. */
export interface TakenPin {
  broadcastId: string;
  target: string;
  cid: string;
  state: PinState;
  /** That failed in a row. */
  attempts: number;
  dueAt: Date;
  requestId: string | null;
}

/** As pages show it. */
export interface PinView {
  target: string;
  kind: PinKind;
  cid: string;
  state: PinState;
  /** When the target was last seen to have it, or to work on it. */
  checkedAt: Date | null;
  error: string | null;
}

function tables(db: Db): Kysely<PinTables> {
  return db.withTables<PinTables>();
}

/** What is there stays as it is. */
export async function addPins(db: Db, recording: { broadcastId: string; cid: string; targets: { name: string; kind: PinKind }[]; now: Date }): Promise<void> {
  const { broadcastId, cid, targets, now } = recording;
  if (targets.length === 0) return;
  await tables(db).insertInto('archive_pins')
    .values(targets.map(({ name, kind }) => ({ broadcast_id: broadcastId, target: name, kind, cid, state: 'waiting' as const, due_at: now })))
    .onConflict((conflict) => conflict.doNothing()).execute();
}

/** They are looked at now and not when it was their turn. */
export async function hurryPins(db: Db, broadcastId: string, now: Date): Promise<void> {
  await tables(db).updateTable('archive_pins').set({ due_at: now }).where('broadcast_id', '=', broadcastId).execute();
}

/** Takes the one that waited longest: nobody else takes it before `leaseUntil`, on any server. */
export async function takePin(db: Db, wish: { target: string; now: Date; leaseUntil: Date }): Promise<TakenPin | undefined> {
  return tables(db)
    .with((cte) => cte('taken').materialized(), (cte) => cte.selectFrom('archive_pins').select(['broadcast_id', 'target'])
      .where('target', '=', wish.target).where('due_at', '<=', wish.now)
      .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', wish.now)]))
      .orderBy('due_at').limit(1).forUpdate().skipLocked())
    .updateTable('archive_pins')
    .set({ lease_until: wish.leaseUntil })
    .where('target', '=', wish.target)
    .where('broadcast_id', 'in', (eb) => eb.selectFrom('taken').select('taken.broadcast_id'))
    .returning(['broadcast_id as broadcastId', 'target', 'cid', 'state', 'attempts', 'due_at as dueAt', 'request_id as requestId'])
    .executeTakeFirst();
}

export async function renewLease(db: Db, { broadcastId, target }: TakenPin, leaseUntil: Date): Promise<void> {
  await tables(db).updateTable('archive_pins').set({ lease_until: leaseUntil }).where('broadcast_id', '=', broadcastId).where('target', '=', target).execute();
}

/** What became of one. If somebody hurried it meanwhile, it is looked at again at once. */
export async function reportPin(db: Db, { broadcastId, target, dueAt }: TakenPin, report: { state: PinState; attempts: number; dueAt: Date; requestId: string | null; checkedAt: Date | undefined; error: string | null }): Promise<void> {
  await tables(db).updateTable('archive_pins').set({
    state: report.state, attempts: report.attempts, request_id: report.requestId, error: report.error, lease_until: null,
    due_at: sql<Date>`case when due_at = ${dueAt} then ${report.dueAt}::timestamptz else due_at end`,
    ...(report.checkedAt === undefined ? {} : { checked_at: report.checkedAt }),
  }).where('broadcast_id', '=', broadcastId).where('target', '=', target).execute();
}

/** Gives it back as it was. */
export async function returnPin(db: Db, { broadcastId, target }: TakenPin): Promise<void> {
  await tables(db).updateTable('archive_pins').set({ lease_until: null }).where('broadcast_id', '=', broadcastId).where('target', '=', target).execute();
}

export async function deletePin(db: Db, { broadcastId, target }: TakenPin): Promise<void> {
  await tables(db).deleteFrom('archive_pins').where('broadcast_id', '=', broadcastId).where('target', '=', target).execute();
}

export async function listPins(db: Db, broadcastId: string): Promise<PinView[]> {
  return tables(db).selectFrom('archive_pins').select(['target', 'kind', 'cid', 'state', 'checked_at as checkedAt', 'error'])
    .where('broadcast_id', '=', broadcastId).orderBy('target').execute();
}

/** Broadcasts that each of these targets was told of. */
export async function listTold(db: Db, targets: string[]): Promise<Set<string>> {
  if (targets.length === 0) return new Set();
  const rows = await tables(db).selectFrom('archive_pins').select('broadcast_id').where('target', 'in', targets)
    .groupBy('broadcast_id').having((eb) => eb.fn.countAll(), '=', targets.length).execute();
  return new Set(rows.map((row) => row.broadcast_id));
}

/** How many each target does not have yet. */
export async function countUnpinned(db: Db): Promise<Map<string, number>> {
  const rows = await tables(db).selectFrom('archive_pins').select(['target', (eb) => eb.fn.countAll().as('count')]).where('state', '<>', 'pinned').groupBy('target').execute();
  return new Map(rows.map(({ target, count }) => [target, Number(count)]));
}
