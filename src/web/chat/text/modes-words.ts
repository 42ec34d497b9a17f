import type { RoomState } from '../../api/chat-contract.js';
import { minutesWords, waitWords } from './failure-words.js';

/** What a room asks of who writes, one or two words each. */
export function modesWords({ modes, shieldUntil }: Pick<RoomState, 'modes' | 'shieldUntil'>): string[] {
  const { slowSec, followersOnlyMin, isEmoteOnly, isUniqueChat, links, isMembersOnly } = modes;
  const words = [
    shieldUntil !== undefined && 'Shield is up',
    slowSec > 0 && `Slow mode ${waitWords(slowSec)}`,
    followersOnlyMin >= 0 && (followersOnlyMin === 0 ? 'Followers only' : `Followers only, ${minutesWords(followersOnlyMin)}`),
    isEmoteOnly && 'Emotes only',
    isUniqueChat && 'Nothing twice',
    links !== 'everyone' && 'No links',
    isMembersOnly && 'Members only',
  ];
  return words.flatMap((word) => (word === false ? [] : [word]));
}
