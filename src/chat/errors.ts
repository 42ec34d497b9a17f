import { AppError } from '../platform/index.js';

/** The payload of an event breaks its schema. */
export class ChatRequestInvalid extends AppError {
  constructor(issues: string) {
    super('request_invalid', issues, { status: 400 });
  }
}

export class SignInRequired extends AppError {
  constructor(what = 'write') {
    super('chat_sign_in_required', `sign in to ${what}`, { status: 401 });
  }
}

/** The access token of the connection has run out: send a new one by `authenticate`. */
export class TokenExpired extends AppError {
  constructor() {
    super('chat_token_expired', 'the access token has run out: send a new one', { status: 401 });
  }
}

export class NotInRoom extends AppError {
  constructor(slug: string) {
    super('chat_not_in_room', `join the chat of "${slug}" first`, { status: 409 });
  }
}

export class TooManyRooms extends AppError {
  constructor(limit: number) {
    super('chat_too_many_rooms', `one connection is in ${limit} rooms at most`, { status: 409 });
  }
}

export class RoleRequired extends AppError {
  constructor(role: string) {
    super('chat_not_allowed', `only ${role} of this channel may do this`, { status: 403 });
  }
}

/** Nobody acts on who stands as high or higher. */
export class TargetTooHigh extends AppError {
  constructor(username: string) {
    super('chat_target_too_high', `"${username}" cannot be moderated by you`, { status: 403 });
  }
}

export class ChatUserUnknown extends AppError {
  constructor(username: string) {
    super('chat_user_unknown', `there is no account "${username}"`, { status: 404 });
  }
}

export class ChatMessageUnknown extends AppError {
  constructor() {
    super('chat_message_unknown', 'there is no such message in this chat', { status: 404 });
  }
}

export class ChatBanned extends AppError {
  constructor(reason: string) {
    super('chat_banned', reason === '' ? 'you are banned from this chat' : `you are banned from this chat: ${reason}`, { status: 403 });
  }
}

export class ChatTimedOut extends AppError {
  constructor(retryAfterSec: number, reason: string) {
    super('chat_timed_out', `you may write again in ${retryAfterSec} s${reason === '' ? '' : `: ${reason}`}`, { status: 403, detail: { retryAfterSec } });
  }
}

export class WarningPending extends AppError {
  constructor(reason: string) {
    super('chat_warning_pending', `a moderator warned you: ${reason}`, { status: 403 });
  }
}

export class SlowMode extends AppError {
  constructor(retryAfterSec: number) {
    super('chat_slow_mode', `slow mode: write again in ${retryAfterSec} s`, { status: 429, detail: { retryAfterSec } });
  }
}

export class FollowersOnly extends AppError {
  /** @param options.retryAfterSec for who follows, but not for long enough. */
  constructor(options: { minMinutes: number; retryAfterSec?: number }) {
    const { minMinutes, retryAfterSec } = options;
    const since = minMinutes === 0 ? '' : ` for ${minMinutes} min or more`;
    super('chat_followers_only', `only who follows the channel${since} may write now`, { status: 403, detail: retryAfterSec === undefined ? {} : { retryAfterSec } });
  }
}

/** The text breaks a rule of the room; the message says which. */
export class TextRefused extends AppError {
  constructor(code: 'empty' | 'too_long' | 'links' | 'emote_only' | 'not_unique' | 'repeated' | 'term', message: string) {
    super(`chat_text_${code}`, message, { status: 422 });
  }
}

export class ActUnknown extends AppError {
  constructor() {
    super('chat_act_unknown', 'there is no such line in the audit log', { status: 404 });
  }
}

export class NotUndoable extends AppError {
  constructor() {
    super('chat_not_undoable', 'this cannot be undone, or was undone already', { status: 409 });
  }
}

export class TooManySockets extends AppError {
  constructor(limit: number) {
    super('chat_too_many_connections', `one address has at most ${limit} chat connections at a time`, { status: 429 });
  }
}

export class BotTokenRejected extends AppError {
  constructor() {
    super('chat_bot_token_rejected', 'this bot token is not valid: make a new one in the studio', { status: 401 });
  }
}

/** Its token does not say that the bot may do this. */
export class BotScopeMissing extends AppError {
  constructor(scope: string | undefined) {
    super('chat_bot_scope_missing', scope === undefined ? 'bots cannot do this' : `this needs a bot with the scope "${scope}"`, { status: 403 });
  }
}

/** A bot belongs to one channel. */
export class BotNotHere extends AppError {
  constructor() {
    super('chat_bot_not_here', 'this bot belongs to another channel', { status: 403 });
  }
}

export class BotUnknown extends AppError {
  constructor() {
    super('chat_bot_unknown', 'this channel has no such bot', { status: 404 });
  }
}

export class BotNameTaken extends AppError {
  constructor(name: string) {
    const message = `"${name}" is the name of an account or of another bot`;
    super('chat_bot_name_taken', message, { status: 409, detail: { issues: [{ path: 'name', message }] } });
  }
}

/** A channel has as many of them as it may. */
export class TooMany extends AppError {
  constructor(what: string, limit: number) {
    super('chat_too_many', `there are at most ${limit} ${what}`, { status: 409 });
  }
}

export class OverlayTokenRejected extends AppError {
  constructor() {
    super('chat_overlay_token_rejected', 'this overlay address is not valid any more: copy the new one from the studio', { status: 401 });
  }
}

export class ReadOnly extends AppError {
  constructor() {
    super('chat_read_only', 'this connection only reads', { status: 403 });
  }
}

export class EmoteUnknown extends AppError {
  constructor() {
    super('chat_emote_unknown', 'this channel has no such emote', { status: 404 });
  }
}

/** What was sent cannot become an emote; the message says why. */
export class EmoteRefused extends AppError {
  constructor(code: 'type' | 'size' | 'damaged' | 'code', message: string, options: { status?: number; cause?: unknown } = {}) {
    super(`chat_emote_${code}`, message, { status: 422, ...options });
  }
}

/** Pictures are made one after the other, and enough of them wait. */
export class EmotesBusy extends AppError {
  constructor() {
    super('chat_emotes_busy', 'other pictures are being made: try again in a few seconds', { status: 503, expose: true, detail: { retryAfterSec: 3 } });
  }
}

export class WebhookUnknown extends AppError {
  constructor() {
    super('chat_webhook_unknown', 'this channel has no such webhook', { status: 404 });
  }
}

/** The address cannot be one that is told of events; the message says why. */
export class WebhookAddressRefused extends AppError {
  constructor(message: string) {
    super('chat_webhook_address', message, { status: 422, detail: { issues: [{ path: 'url', message }] } });
  }
}

export class QueueItemUnknown extends AppError {
  constructor() {
    super('chat_queue_item_unknown', 'this does not wait any more: somebody decided it', { status: 404 });
  }
}

export class TermUnknown extends AppError {
  constructor() {
    super('chat_term_unknown', 'there is no such blocked term', { status: 404 });
  }
}

export class TermUnusable extends AppError {
  constructor(pattern: string) {
    super('chat_term_unusable', `"${pattern}" has no letters or figures in one of its words`, { status: 422 });
  }
}

export class TooManyTerms extends AppError {
  constructor(limit: number) {
    super('chat_too_many_terms', `a channel has at most ${limit} blocked terms`, { status: 409 });
  }
}

export class TooManyNotes extends AppError {
  constructor(limit: number) {
    super('chat_too_many_notes', `there are at most ${limit} notes about one person`, { status: 409 });
  }
}

export class ReactionUnknown extends AppError {
  constructor() {
    super('chat_reaction_unknown', 'this channel has no such emote', { status: 422 });
  }
}
