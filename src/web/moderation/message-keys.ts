import type { ChatMessage } from '../api/chat-contract.js';

export type KeyAct = 'delete' | 'timeout' | 'ban';

const KEYS: Record<string, KeyAct> = { d: 'delete', t: 'timeout', b: 'ban' };
const RANKS = ['reader', 'viewer', 'follower', 'vip', 'moderator', 'owner', 'admin'];

/** What a key does with the message that is pointed at. */
export function keyAct(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat'>): KeyAct | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return undefined;
  return KEYS[event.key.toLowerCase()];
}

/** Whether somebody types: then letters are letters. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], dialog') !== null;
}

/** Nobody acts on who stands as high; one's own words may go. The server decides: this only hides what it would refuse. */
export function mayActOn(role: string, own: string | undefined, { author }: Pick<ChatMessage, 'author'>): { mayDelete: boolean; maySanction: boolean } {
  const isAbove = RANKS.indexOf(role) > RANKS.indexOf(author.role);
  return { mayDelete: isAbove || author.username === own || author.isBot === true, maySanction: isAbove && author.isBot !== true && author.username !== own };
}
