/** What the chat's socket says, word for word as the server's `events.ts`; a test holds the two together. */

/** Who somebody is in a channel's chat; each may do what those after it may. */
export type ChatRole = 'admin' | 'owner' | 'moderator' | 'vip' | 'follower' | 'viewer' | 'reader';

/** Of a message. `tier` is that of a follower: 1 new, 2 regular, 3 since long. */
export interface ChatAuthor {
  id: string;
  username: string;
  role: Exclude<ChatRole, 'reader'>;
  tier?: number;
  isBot?: boolean;
}

/** What a message answers. */
export interface RepliedMessage {
  id: string;
  username: string;
  /** Its beginning. */
  text: string;
}

export interface ChatMessage {
  id: string;
  /** Of the channel's messages in order, without holes; what a client saw last is where it goes on. Null for what is not in the room: held for review, or seen by moderators only. */
  seq: number | null;
  channel: string;
  author: ChatAuthor;
  /** Plain text: whoever shows it escapes it. */
  text: string;
  /** `/me`: said of the author, not by. */
  isAction: boolean;
  replyTo?: RepliedMessage;
  /** User names, as far as they are accounts. */
  mentions: string[];
  /** ISO 8601. */
  sentAt: string;
  /** The moment of the show that the author saw, ISO 8601; as EXT-X-PROGRAM-DATE-TIME dates it. */
  streamAt: string;
  /** The show that was on air. */
  broadcastId?: string;
  /** Emoji or emote code → count. */
  reactions?: Record<string, number>;
  /** For moderators: why others do not see it. */
  hidden?: 'muted' | 'held' | 'deleted';
}

export type LinkRule = 'everyone' | 'moderators' | 'nobody';

/** What a channel's chat asks of who writes. */
export interface ChatModes {
  /** Seconds between two messages of one person; 0: off. */
  slowSec: number;
  /** Minutes that one must have followed; -1: everybody may write. */
  followersOnlyMin: number;
  isEmoteOnly: boolean;
  /** No text twice, by anybody, within ten minutes. */
  isUniqueChat: boolean;
  /** Others see a message so many seconds after the moderators; 0: at once. */
  delaySec: number;
  links: LinkRule;
  /** Whether reading needs an account. */
  isMembersOnly: boolean;
}

/** A picture with a code; `:code:` in a message stands for it. */
export interface ChatEmote {
  id: string;
  code: string;
  url: string;
  isAnimated: boolean;
}

/** What everybody in a room knows of it. */
export interface RoomState {
  channel: string;
  modes: ChatModes;
  /** Until when the raid shield is up, ISO 8601. */
  shieldUntil?: string;
  pinned?: ChatMessage;
  emotes: ChatEmote[];
  /** Playback sessions; 0 while nothing is on air. */
  viewers: number;
  /** Sequence number of the newest message. */
  lastSeq: number;
}

export type SanctionKind = 'ban' | 'timeout' | 'mute' | 'warning';

/** What somebody may do in a room, as it says to themselves. */
export interface You {
  user?: { id: string; username: string };
  role: ChatRole;
  tier?: number;
  /** A ban, a timeout or a warning that is not acknowledged. A mute is never told. */
  sanction?: { kind: 'ban' | 'timeout' | 'warning'; until?: string; reason: string };
  /** ISO 8601; follower-only mode counts from there. */
  followsSince?: string;
}

export interface Chatter {
  username: string;
  role: ChatRole;
}

/** One thing that waits for a moderator. */
export interface QueueItem {
  id: string;
  kind: 'held' | 'report';
  message: ChatMessage;
  /** Why it is here: the rule that held it, or the words of who reported it. */
  reason: string;
  reporters: string[];
  /** What was said before it. */
  context: ChatMessage[];
  at: string;
}

/** One line of the audit log. */
export interface AuditEntry {
  id: string;
  act: string;
  actor: string;
  target?: string;
  messageId?: string;
  reason: string;
  /** Figures of the act, such as `seconds`. */
  detail: Record<string, unknown>;
  at: string;
  canUndo: boolean;
  undone?: { by: string; at: string };
}

/** A sanction as moderators see it. */
export interface Sanction {
  id: string;
  kind: SanctionKind;
  reason: string;
  by: string;
  at: string;
  until?: string;
  lifted?: { by: string; at: string };
}

/** What moderators know of somebody. */
export interface UserCard {
  user: { id: string; username: string; createdAt: string };
  role: ChatRole;
  followsSince?: string;
  messages: ChatMessage[];
  sanctions: Sanction[];
  notes: { id: string; text: string; by: string; at: string }[];
  /** Accounts that used the same device. */
  sameDevice: string[];
}

export interface BlockedTerm {
  id: string;
  /** Words; `*` stands for any letters within a word. */
  pattern: string;
  action: 'hold' | 'block';
}

export interface Failure {
  ok: false;
  /** Stable, such as `chat_slow_mode`. */
  code: string;
  /** For people. */
  message: string;
  retryAfterSec?: number;
}

export type Reply<T> = ({ ok: true } & T) | Failure;
export type Ack<T = object> = (reply: Reply<T>) => void;

interface InChannel {
  channel: string;
}
interface OnUser extends InChannel {
  username: string;
  reason?: string | undefined;
}

/** What a client asks; every request is answered. */
export interface ClientEvents {
  /** Enters a room, with what was said since `after`, or the last hundred messages. `isGap` says that there was more. */
  'join-room': (request: InChannel & { after?: number | undefined }, ack: Ack<{ room: RoomState; you: You; messages: ChatMessage[]; isGap: boolean }>) => void;
  'leave-room': (request: InChannel, ack: Ack) => void;
  /** A newer access token, or none: signed out. */
  authenticate: (request: { token: string | null }, ack: Ack<{ user?: { id: string; username: string } }>) => void;
  /** `nonce` is the client's own: the same one again is the same message. */
  'chat-message': (request: InChannel & { text: string; nonce: string; replyTo?: string | undefined; streamAt?: string | undefined }, ack: Ack<{ message: ChatMessage; isHeld: boolean }>) => void;
  'load-history': (request: InChannel & { before?: number | undefined; after?: number | undefined; limit?: number | undefined }, ack: Ack<{ messages: ChatMessage[]; hasMore: boolean; upTo: number }>) => void;
  /** A tap for the show, or for a message. */
  react: (request: InChannel & { emoji: string; messageId?: string | undefined; isOn?: boolean | undefined }, ack: Ack) => void;
  'report-message': (request: InChannel & { messageId: string; reason: string }, ack: Ack) => void;
  'acknowledge-warning': (request: InChannel, ack: Ack<{ you: You }>) => void;

  'delete-message': (request: InChannel & { messageId: string; reason?: string | undefined }, ack: Ack) => void;
  'delete-user-messages': (request: OnUser, ack: Ack<{ deleted: number }>) => void;
  'clear-chat': (request: InChannel & { reason?: string | undefined }, ack: Ack) => void;
  'timeout-user': (request: OnUser & { seconds: number }, ack: Ack) => void;
  'ban-user': (request: OnUser, ack: Ack) => void;
  /** Nobody but moderators sees what they write, and they are not told. */
  'mute-user': (request: OnUser, ack: Ack) => void;
  'warn-user': (request: InChannel & { username: string; reason: string }, ack: Ack) => void;
  /** Lifts a ban, a timeout and a mute. */
  'unban-user': (request: OnUser, ack: Ack) => void;
  'pin-message': (request: InChannel & { messageId: string | null }, ack: Ack) => void;
  'set-modes': (request: InChannel & { modes: { [Mode in keyof ChatModes]?: ChatModes[Mode] | undefined } }, ack: Ack<{ modes: ChatModes }>) => void;
  /** Followers only, slow, no links, for ten minutes. */
  'raise-shield': (request: InChannel, ack: Ack<{ until: string }>) => void;
  'lower-shield': (request: InChannel, ack: Ack) => void;
  'set-role': (request: InChannel & { username: string; role: 'moderator' | 'vip' | 'none' }, ack: Ack) => void;
  'list-terms': (request: InChannel, ack: Ack<{ terms: BlockedTerm[] }>) => void;
  'add-term': (request: InChannel & { pattern: string; action: 'hold' | 'block' }, ack: Ack<{ term: BlockedTerm }>) => void;
  'remove-term': (request: InChannel & { id: string }, ack: Ack) => void;
  'list-queue': (request: InChannel, ack: Ack<{ items: QueueItem[] }>) => void;
  'resolve-queue-item': (request: InChannel & { id: string; decision: 'approve' | 'deny' }, ack: Ack) => void;
  'list-chatters': (request: InChannel, ack: Ack<{ chatters: Chatter[]; readers: number }>) => void;
  'list-sanctions': (request: InChannel, ack: Ack<{ sanctions: (Sanction & { username: string })[] }>) => void;
  'user-card': (request: InChannel & { username: string }, ack: Ack<{ card: UserCard }>) => void;
  'add-note': (request: InChannel & { username: string; text: string }, ack: Ack) => void;
  'list-audit': (request: InChannel & { /** Id of a line: those older than it. */ before?: string | undefined; limit?: number | undefined }, ack: Ack<{ entries: AuditEntry[]; hasMore: boolean }>) => void;
  'undo-act': (request: InChannel & { id: string }, ack: Ack) => void;
}

/** What the server tells. */
export interface ServerEvents {
  /** Sent at once, with what a client keeps of its device. */
  hello: (event: { device: string; user?: { id: string; username: string } }) => void;
  'new-message': (message: ChatMessage) => void;
  /** Several at once, in rooms with so many readers that a packet for each would hold all of them up. */
  'new-messages': (event: InChannel & { messages: ChatMessage[] }) => void;
  'message-deleted': (event: InChannel & { messageId: string }) => void;
  /** All messages of somebody are gone. */
  'user-cleared': (event: InChannel & { userId: string }) => void;
  /** All messages up to this one are gone. */
  'chat-cleared': (event: InChannel & { upTo: number }) => void;
  'room-changed': (room: RoomState) => void;
  /** What may be done has changed: signed in or out, a role, a sanction. */
  'you-changed': (event: InChannel & { you: You }) => void;
  /** Names while the room is small, numbers in any case; at most once a second. */
  'viewer-joined': (event: InChannel & { count: number; chatters: Chatter[] }) => void;
  'viewer-left': (event: InChannel & { count: number; chatters: Chatter[] }) => void;
  'viewer-count': (event: InChannel & { viewers: number }) => void;
  /** What was tapped in the last second. */
  reactions: (event: InChannel & { taps: Record<string, number>; messages: Record<string, Record<string, number>> }) => void;
  'stream-started': (event: InChannel & { broadcastId: string }) => void;
  'stream-ended': (event: InChannel & { broadcastId: string }) => void;
  /** For moderators: something waits, or was decided. */
  'queue-changed': (event: InChannel & { waiting: number }) => void;
  /** For moderators: a line was added to the audit log. */
  acted: (event: InChannel & { entry: AuditEntry }) => void;
}

export type Wish<E extends keyof ClientEvents> = Parameters<ClientEvents[E]>[0];
export type Answer<E extends keyof ClientEvents> = Parameters<Parameters<ClientEvents[E]>[1]>[0];
