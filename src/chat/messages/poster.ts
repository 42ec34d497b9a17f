import { Limiter } from '../../platform/index.js';
import type { LimiterOptions } from '../../platform/index.js';
import type { ChatConfig } from '../config.js';
import type { ChatMessage } from '../events.js';
import type { People } from '../people/people.js';
import type { Origin } from '../people/queries.js';
import { isModerator } from '../people/standing.js';
import type { Standing } from '../people/standing.js';
import type { Delivery } from '../room/delivery.js';
import type { RoomChannel } from '../socket/connection.js';
import type { Draft, Messages, Posted } from './messages.js';

export interface PosterOptions {
  limits: ChatConfig['limits'];
  /** Counts under this name for all servers. */
  shared: (name: string) => LimiterOptions['shared'];
  people: People;
  messages: Messages;
  delivery: Delivery;
  /** A message waits for a moderator. */
  onHeld: (channel: RoomChannel, messageId: string, reason: string) => Promise<void>;
}

/** Where a client is. */
interface Whereabouts {
  address: string;
  origin: Origin;
}

/** The way of a message into a room: counted, judged, written down, told. */
export class Poster {
  readonly #options: PosterOptions;
  readonly #limiters: Record<'user' | 'moderator' | 'address' | 'room', Limiter>;

  constructor(options: PosterOptions) {
    this.#options = options;
    const { limits, shared } = options;
    const limiter = (name: 'user' | 'moderator' | 'address' | 'room'): Limiter =>
      new Limiter({ attempts: limits[name].messages, windowSec: limits[name].windowSec, shared: shared(`chat-${name}`) });
    this.#limiters = { user: limiter('user'), moderator: limiter('moderator'), address: limiter('address'), room: limiter('room') };
  }

  /** @param from where a client is connected from; a bot that posts has none. @throws {RateLimited} and like `Messages.post` */
  async post(channel: RoomChannel, standing: Standing, draft: Draft, from?: Whereabouts): Promise<{ message: ChatMessage; isHeld: boolean }> {
    const { people, messages } = this.#options;
    await this.#count(channel, standing, from?.address);
    // Before it is judged: who is refused has been here too.
    if (from !== undefined && standing.isBot !== true) await people.note(standing.user.id, from.origin);
    const posted = await messages.post(channel.id, standing, draft);
    if (posted.isNew) await this.#tell(channel, posted);
    // Who asks again got no answer: perhaps the room was told nothing either. Clients know what they have.
    else if (posted.shownAt !== null) this.#options.delivery.message(channel, posted.message, posted);
    return { message: posted.forAuthor, isHeld: posted.verdict.name === 'hold' };
  }

  async #count(channel: RoomChannel, { user, role }: Standing, address: string | undefined): Promise<void> {
    const limiters = this.#limiters;
    if (isModerator(role)) return limiters.moderator.take(user.id);
    await limiters.user.take(user.id);
    if (address !== undefined) await limiters.address.take(address);
    await limiters.room.take(channel.id);
  }

  async #tell(channel: RoomChannel, posted: Posted): Promise<void> {
    const { delivery, onHeld } = this.#options;
    const { message, verdict, delayMs } = posted;
    if (verdict.name === 'show') return delivery.message(channel, message, { delayMs });
    delivery.hiddenMessage(channel, posted, verdict.name === 'hold' ? 'held' : 'muted');
    if (verdict.name === 'hold') await onHeld(channel, message.id, verdict.reason);
  }
}
