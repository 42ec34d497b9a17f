import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../../platform/index.js';
import { part } from './attendance.js';
import type { Part } from './attendance.js';

const PREFIX = 'tidemark:chat';
/** A server that wrote nothing for this long is gone, and its part of the rooms with it. */
const PART_MS = 8_000;
/** Names of servers are forgotten after this time: their clocks differ by less. */
const SERVER_MS = 3_600_000;

/** Who is where, of all servers: each writes its part into Redis, and reads those of the others. */
export class Roll {
  readonly #redis: RedisConnection;
  readonly #id = randomUUID();
  /** Of the other servers, by channel id. */
  #others = new Map<string, Part[]>();
  #written: string[] = [];

  constructor(options: { redis: RedisConnection }) {
    this.#redis = options.redis;
  }

  /** What the other servers said of a room; nothing while Redis is away. */
  others(channelId: string): Part[] {
    return this.#redis.isReady ? this.#others.get(channelId) ?? [] : [];
  }

  /** Writes down what is here, by channel id, and reads what is elsewhere in these rooms. */
  async exchange(parts: Map<string, Part>, wanted: string[]): Promise<void> {
    if (!this.#redis.isReady) return;
    const { client } = this.#redis;
    const left = this.#written.filter((id) => !parts.has(id));
    this.#written = [...parts.keys()];
    const writing = client.pipeline();
    writing.zadd(`${PREFIX}:servers`, String(Date.now()), this.#id);
    writing.zremrangebyscore(`${PREFIX}:servers`, '-inf', String(Date.now() - SERVER_MS));
    for (const [id, told] of parts) writing.set(keyOf(id, this.#id), JSON.stringify(told), 'PX', String(PART_MS));
    for (const id of left) writing.del(keyOf(id, this.#id));
    await writing.exec();
    const servers = (await client.zrange(`${PREFIX}:servers`, '0', '-1')).filter((server) => server !== this.#id);
    this.#others = await this.#read(servers, wanted);
  }

  /** This server ends: the others need not wait until its part expires. */
  async leave(): Promise<void> {
    if (!this.#redis.isReady) return;
    const leaving = this.#redis.client.pipeline().zrem(`${PREFIX}:servers`, this.#id);
    for (const id of this.#written) leaving.del(keyOf(id, this.#id));
    await leaving.exec();
  }

  async #read(servers: string[], channelIds: string[]): Promise<Map<string, Part[]>> {
    const others = new Map<string, Part[]>();
    const asked = channelIds.flatMap((id) => servers.map((server) => ({ id, key: keyOf(id, server) })));
    if (asked.length === 0) return others;
    const texts = await this.#redis.client.mget(asked.map(({ key }) => key));
    for (const [at, { id }] of asked.entries()) {
      const told = readPart(texts[at]);
      if (told !== undefined) others.set(id, [...others.get(id) ?? [], told]);
    }
    return others;
  }
}

function keyOf(channelId: string, server: string): string {
  return `${PREFIX}:here:${channelId}:${server}`;
}

/** Anything may be written into a Redis that others use too. */
function readPart(text: string | null | undefined): Part | undefined {
  if (!text) return undefined;
  try {
    return part.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
