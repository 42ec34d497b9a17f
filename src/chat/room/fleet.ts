import { z } from 'zod';
import type { ChatNamespace } from '../socket/connection.js';

/** What servers tell each other, beside what they send to clients. */
const news = z.discriminatedUnion('kind', [
  /** What somebody may do has changed, in one room. */
  z.object({ kind: z.literal('standing'), channelId: z.uuid(), userId: z.uuid() }),
  /** Who may read a room has changed. */
  z.object({ kind: z.literal('readers'), channelId: z.uuid() }),
  /** A server was without Redis since then: what it told since, nobody heard. */
  z.object({ kind: z.literal('back'), sinceMs: z.number() }),
]);
export type News = z.infer<typeof news>;

/** All servers of the installation: what one of them hears, each hears. Without Redis it is alone. */
export class Fleet {
  readonly #namespace: ChatNamespace;
  readonly #isShared: boolean;
  readonly #listener: (news: News) => void;

  constructor(options: { namespace: ChatNamespace; isShared: boolean; onNews: (news: News) => void }) {
    this.#namespace = options.namespace;
    this.#isShared = options.isShared;
    this.#listener = options.onNews;
    if (options.isShared) options.namespace.on('fleet', (told: unknown) => this.#hear(told));
  }

  /** This server hears it too. */
  tell(told: News): void {
    this.#listener(told);
    if (this.#isShared) this.#namespace.serverSideEmit('fleet', told);
  }

  /** Anything may be written into a Redis that others use too. */
  #hear(told: unknown): void {
    const { data } = news.safeParse(told);
    if (data !== undefined) this.#listener(data);
  }
}
