import { sql } from 'kysely';
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

/** What a webhook may be told of. */
export const WEBHOOK_EVENTS = ['message', 'message-deleted', 'moderation', 'stream-started', 'stream-ended'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
export type DeliveryState = 'waiting' | 'delivered' | 'failed';

type WebhookTables = {
  chat_webhooks: {
    id: string;
    channel_id: string;
    created_at: Date;
    url: string;
    events: ColumnType<WebhookEvent[], string, string>;
    secret: string;
    failures: Generated<number>;
    retry_at: Generated<Date | null>;
    disabled_at: Generated<Date | null>;
    disabled_reason: Generated<string | null>;
    dropped: Generated<number>;
  };
  chat_deliveries: {
    id: string;
    number: Generated<string>;
    hook_id: string;
    event: string;
    body: string;
    created_at: Date;
    state: DeliveryState;
    attempts: Generated<number>;
    next_at: Date;
    done_at: Generated<Date | null>;
    status: Generated<number | null>;
    error: Generated<string | null>;
  };
};

/** An address that is told of a channel's events. */
export interface Webhook {
  id: string;
  url: string;
  events: WebhookEvent[];
  createdAt: Date;
  /** Rounds in a row in which nothing got through. */
  failures: number;
  /** When it is tried again; null while nothing fails. */
  retryAt: Date | null;
  disabled: { at: Date; reason: string } | null;
  /** Messages that were not told, since too many waited. */
  dropped: number;
}

/** One request to a webhook, as its owner sees it. */
export interface DeliveryReport {
  id: string;
  event: string;
  state: DeliveryState;
  attempts: number;
  createdAt: Date;
  doneAt: Date | null;
  status: number | null;
  error: string | null;
}

/** A webhook as it is sent to. */
export interface Target {
  id: string;
  url: string;
  secret: string;
  failures: number;
}

/** One that waits to be sent. */
export interface Delivery {
  id: string;
  event: string;
  body: string;
  /** This one included. */
  attempts: number;
}

function tables(db: Db): Kysely<WebhookTables> {
  return db.withTables<WebhookTables>();
}

export async function listWebhooks(db: Db, channelId: string): Promise<Webhook[]> {
  const rows = await tables(db).selectFrom('chat_webhooks').selectAll().where('channel_id', '=', channelId).orderBy('created_at').execute();
  return rows.map(({ id, url, events, created_at, failures, retry_at, disabled_at, disabled_reason, dropped }) => ({
    id, url, events, failures, dropped, createdAt: created_at, retryAt: retry_at,
    disabled: disabled_at === null ? null : { at: disabled_at, reason: disabled_reason ?? '' },
  }));
}

export async function insertWebhook(db: Db, hook: { id: string; channelId: string; url: string; events: WebhookEvent[]; secret: string; at: Date }): Promise<void> {
  await tables(db).insertInto('chat_webhooks')
    .values({ id: hook.id, channel_id: hook.channelId, url: hook.url, events: JSON.stringify(hook.events), secret: hook.secret, created_at: hook.at })
    .execute();
}

/** Changes what is given, and switches it on again when asked to. Says whether there was one. */
export async function updateWebhook(db: Db, hook: { id: string; channelId: string }, changes: { url?: string | undefined; events?: WebhookEvent[] | undefined; isEnabled?: true | undefined }): Promise<boolean> {
  const { url, events, isEnabled } = changes;
  const result = await tables(db).updateTable('chat_webhooks')
    .set({
      id: hook.id,
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events: JSON.stringify(events) }),
      ...(isEnabled === undefined ? {} : { failures: 0, retry_at: null, disabled_at: null, disabled_reason: null }),
    })
    .where('id', '=', hook.id).where('channel_id', '=', hook.channelId).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Says whether there was one. */
export async function deleteWebhook(db: Db, hook: { id: string; channelId: string }): Promise<boolean> {
  const result = await tables(db).deleteFrom('chat_webhooks').where('id', '=', hook.id).where('channel_id', '=', hook.channelId).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function findTarget(db: Db, hook: { id: string; channelId: string }): Promise<Target | undefined> {
  return tables(db).selectFrom('chat_webhooks').select(['id', 'url', 'secret', 'failures']).where('id', '=', hook.id).where('channel_id', '=', hook.channelId).executeTakeFirst();
}

/** The newest first. */
export async function listDeliveries(db: Db, hookId: string, limit: number): Promise<DeliveryReport[]> {
  return tables(db).selectFrom('chat_deliveries')
    .select(['id', 'event', 'state', 'attempts', 'created_at as createdAt', 'done_at as doneAt', 'status', 'error'])
    .where('hook_id', '=', hookId).orderBy('number', 'desc').limit(limit).execute();
}

/** Ids of the webhooks of a channel that hear of an event, with the channel's name. */
export async function listListeners(db: Db, channelId: string, event: WebhookEvent): Promise<string[]> {
  const rows = await tables(db).selectFrom('chat_webhooks').select(['id', 'events']).where('channel_id', '=', channelId).where('disabled_at', 'is', null).execute();
  return rows.filter(({ events }) => events.includes(event)).map(({ id }) => id);
}

export async function insertDeliveries(db: Db, deliveries: { id: string; hookId: string; event: string; body: string; at: Date; notBefore: Date }[]): Promise<void> {
  await tables(db).insertInto('chat_deliveries')
    .values(deliveries.map(({ id, hookId, event, body, at, notBefore }) => ({ id, hook_id: hookId, event, body, created_at: at, next_at: notBefore, state: 'waiting' as const })))
    .execute();
}

/** Webhooks that something waits for and that may be tried now. */
export async function listDueTargets(db: Db, wish: { now: Date; except: string[]; limit: number }): Promise<Target[]> {
  let query = tables(db).selectFrom('chat_webhooks as h').select(['h.id', 'h.url', 'h.secret', 'h.failures'])
    .where('h.disabled_at', 'is', null)
    .where((eb) => eb.or([eb('h.retry_at', 'is', null), eb('h.retry_at', '<=', wish.now)]))
    .where(({ exists, selectFrom }) => exists(selectFrom('chat_deliveries as d').select('d.id')
      .whereRef('d.hook_id', '=', 'h.id').where('d.state', '=', 'waiting').where('d.next_at', '<=', wish.now)));
  if (wish.except.length > 0) query = query.where('h.id', 'not in', wish.except);
  return query.limit(wish.limit).execute();
}

/**
 * Takes the oldest that wait: nobody else takes them before `leaseUntil`, on any server, and if this server dies they wait
 * again after it. Rows that another server is taking at this moment are passed by.
 */
export async function takeDeliveries(db: Db, wish: { hookId: string; now: Date; leaseUntil: Date; limit: number }): Promise<Delivery[]> {
  return tables(db)
    .with((cte) => cte('taken').materialized(), (cte) => cte.selectFrom('chat_deliveries').select('id')
      .where('hook_id', '=', wish.hookId).where('state', '=', 'waiting').where('next_at', '<=', wish.now)
      .orderBy('number').limit(wish.limit).forUpdate().skipLocked())
    .updateTable('chat_deliveries')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), next_at: wish.leaseUntil }))
    .where('id', 'in', (eb) => eb.selectFrom('taken').select('taken.id'))
    .returning(['id', 'event', 'body', 'attempts'])
    .execute();
}

/** What became of one; `nextAt` when it is tried again. */
export async function reportDelivery(db: Db, id: string, report: { state: DeliveryState; at: Date; nextAt?: Date; status: number | null; error: string | null }): Promise<void> {
  const { state, at, nextAt, status, error } = report;
  await tables(db).updateTable('chat_deliveries')
    .set({ state, status, error, ...(nextAt === undefined ? { done_at: at } : { next_at: nextAt }) })
    .where('id', '=', id).execute();
}

export async function clearFailures(db: Db, hookId: string): Promise<void> {
  await tables(db).updateTable('chat_webhooks').set({ failures: 0, retry_at: null }).where('id', '=', hookId).where('failures', '>', 0).execute();
}

export async function setFailures(db: Db, hookId: string, failing: { failures: number; retryAt: Date }): Promise<void> {
  await tables(db).updateTable('chat_webhooks').set({ failures: failing.failures, retry_at: failing.retryAt }).where('id', '=', hookId).execute();
}

/** False when it was already, by another server. */
export async function disableWebhook(db: Db, hookId: string, disabled: { at: Date; reason: string }): Promise<boolean> {
  const result = await tables(db).updateTable('chat_webhooks').set({ disabled_at: disabled.at, disabled_reason: disabled.reason })
    .where('id', '=', hookId).where('disabled_at', 'is', null).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Of a webhook that lags, the oldest messages are not told any more; the rest is. Gives how many went. */
export async function dropExcess(db: Db, maxWaiting: number): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`
    with ranked as (
      select id, event, row_number() over (partition by hook_id order by number desc) as place from chat_deliveries where state = 'waiting'
    ), gone as (
      delete from chat_deliveries where id in (select id from ranked where place > ${maxWaiting} and event = 'message') returning hook_id
    ), counts as (
      select hook_id, count(*)::integer as count from gone group by hook_id
    ), counted as (
      update chat_webhooks set dropped = dropped + counts.count from counts where chat_webhooks.id = counts.hook_id
    )
    select coalesce(sum(count), 0)::integer as dropped from counts`.execute(db);
  return rows[0]?.dropped ?? 0;
}

/** Of each webhook the newest stay, for its owner to look at. */
export async function deleteOldReports(db: Db, keep: number): Promise<void> {
  await sql`
    delete from chat_deliveries where id in (
      select id from (
        select id, row_number() over (partition by hook_id order by number desc) as place from chat_deliveries where state <> 'waiting'
      ) as ranked where place > ${keep}
    )`.execute(db);
}
