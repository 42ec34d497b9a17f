import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Db } from '../../platform/index.js';

type EmoteTables = {
  chat_emotes: {
    id: string;
    channel_id: string;
    created_at: Date;
    code: string;
    picture_id: string;
    picture: Buffer;
    is_animated: boolean;
    uploaded_by: string | null;
  };
};

export interface EmoteRow {
  id: string;
  code: string;
  pictureId: string;
  isAnimated: boolean;
}

export interface NewEmote extends EmoteRow {
  channelId: string;
  picture: Buffer;
  uploadedBy: string;
  at: Date;
}

function tables(db: Db): Kysely<EmoteTables> {
  return db.withTables<EmoteTables>();
}

export async function listEmotes(db: Db, channelId: string): Promise<EmoteRow[]> {
  return tables(db).selectFrom('chat_emotes').select(['id', 'code', 'picture_id as pictureId', 'is_animated as isAnimated'])
    .where('channel_id', '=', channelId).orderBy((eb) => eb.fn('lower', ['code'])).execute();
}

/** A code that differs in case only is the same one. */
export async function findEmote(db: Db, channelId: string, code: string): Promise<EmoteRow | undefined> {
  return tables(db).selectFrom('chat_emotes').select(['id', 'code', 'picture_id as pictureId', 'is_animated as isAnimated'])
    .where('channel_id', '=', channelId).where((eb) => eb(eb.fn('lower', ['code']), '=', code.toLowerCase())).executeTakeFirst();
}

/** In place of the one that has the code. */
export async function replaceEmote(db: Db, emote: NewEmote): Promise<void> {
  const changes = {
    id: emote.id, created_at: emote.at, code: emote.code, picture_id: emote.pictureId, picture: emote.picture, is_animated: emote.isAnimated, uploaded_by: emote.uploadedBy,
  };
  await tables(db).insertInto('chat_emotes').values({ channel_id: emote.channelId, ...changes })
    .onConflict((conflict) => conflict.expression(sql`channel_id, lower(code)`).doUpdateSet(changes))
    .execute();
}

/** Says whether there was one. */
export async function deleteEmote(db: Db, channelId: string, code: string): Promise<boolean> {
  const result = await tables(db).deleteFrom('chat_emotes')
    .where('channel_id', '=', channelId).where((eb) => eb(eb.fn('lower', ['code']), '=', code.toLowerCase())).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function countEmotes(db: Db, by: { channelId: string } | { uploadedBy: string }): Promise<number> {
  const query = tables(db).selectFrom('chat_emotes').select((eb) => eb.fn.countAll().as('count'));
  const row = await ('channelId' in by ? query.where('channel_id', '=', by.channelId) : query.where('uploaded_by', '=', by.uploadedBy)).executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function hasPicture(db: Db, pictureId: string): Promise<boolean> {
  return (await tables(db).selectFrom('chat_emotes').select(sql<number>`1`.as('one')).where('picture_id', '=', pictureId).limit(1).executeTakeFirst()) !== undefined;
}

export async function findPicture(db: Db, pictureId: string): Promise<Buffer | undefined> {
  return (await tables(db).selectFrom('chat_emotes').select('picture').where('picture_id', '=', pictureId).limit(1).executeTakeFirst())?.picture;
}
