import type { ChatModes } from '../events.js';
import { ChatBanned, ChatTimedOut, FollowersOnly, SlowMode, TextRefused, WarningPending } from '../errors.js';
import { isModerator, isTrusted } from '../people/standing.js';
import type { ActiveSanction, Standing } from '../people/standing.js';
import { lengthOf, MAX_TEXT } from '../text/clean-text.js';
import { hasLink, isEmotesOnly } from '../text/read-text.js';
import { hasTerm, readingsOf } from '../text/terms.js';
import type { Term } from '../text/terms.js';
import { isSimilar } from '../text/text-key.js';

/** All that is known when somebody writes. */
export interface Case {
  /** Cleaned. */
  text: string;
  key: string;
  standing: Standing;
  modes: ChatModes;
  /** What the author wrote lately, the newest first. */
  recent: { key: string; sentAt: Date }[];
  /** Whether somebody said the same within the time of unique chat. */
  isSaidBefore: boolean;
  emoteCodes: ReadonlySet<string>;
  terms: { term: Term; action: 'hold' | 'block' }[];
  now: Date;
}

/** What becomes of a message: all see it, a moderator looks first, or only moderators ever do. */
export type Verdict = { name: 'show' } | { name: 'hold'; reason: string } | { name: 'mute' };

const REPEATED_WITHIN_MS = 30_000;

/**
 * What becomes of what somebody writes.
 * @throws {ChatBanned} {ChatTimedOut} {WarningPending} {FollowersOnly} {SlowMode} {TextRefused}
 */
export function judge(question: Case): Verdict {
  const { standing } = question;
  refuseSanctioned(standing.sanctions, question.now);
  checkLength(question.text);
  if (!isTrusted(standing.role)) {
    checkFollowing(question);
    checkPace(question);
    checkRepeats(question);
    checkEmotes(question);
  }
  checkLinks(question);
  // Words first: who is muted hears of a blocked term like anybody else, and does not learn of the mute by it.
  const verdict: Verdict = isModerator(standing.role) ? { name: 'show' } : judgeWords(question);
  const isMuted = standing.sanctions.some(({ kind }) => kind === 'mute');
  return isMuted && verdict.name === 'show' ? { name: 'mute' } : verdict;
}

/** Also for what is no message, such as a tap. @throws {ChatBanned} {ChatTimedOut} {WarningPending} */
export function refuseSanctioned(sanctions: ActiveSanction[], now: Date): void {
  const of = (kind: ActiveSanction['kind']): ActiveSanction | undefined => sanctions.find((sanction) => sanction.kind === kind);
  const [ban, timeout, warning] = [of('ban'), of('timeout'), of('warning')];
  // Another account's reason is nothing to tell.
  if (ban !== undefined) throw new ChatBanned(ban.isOwn ? ban.reason : '');
  if (timeout?.until) throw new ChatTimedOut(secondsUntil(timeout.until, now), timeout.isOwn ? timeout.reason : '');
  if (warning !== undefined) throw new WarningPending(warning.reason);
}

function checkLength(text: string): void {
  if (text === '') throw new TextRefused('empty', 'there is nothing to send');
  const length = lengthOf(text);
  if (length > MAX_TEXT) throw new TextRefused('too_long', `a message has at most ${MAX_TEXT} characters; this one has ${length}`);
}

function checkFollowing({ standing: { followsSince }, modes: { followersOnlyMin }, now }: Case): void {
  if (followersOnlyMin < 0) return;
  if (followsSince === undefined) throw new FollowersOnly({ minMinutes: followersOnlyMin });
  const mayFrom = new Date(followsSince.getTime() + followersOnlyMin * 60_000);
  if (mayFrom > now) throw new FollowersOnly({ minMinutes: followersOnlyMin, retryAfterSec: secondsUntil(mayFrom, now) });
}

function checkPace({ recent: [last], modes: { slowSec }, now }: Case): void {
  if (last === undefined || slowSec === 0) return;
  const mayFrom = new Date(last.sentAt.getTime() + slowSec * 1_000);
  if (mayFrom > now) throw new SlowMode(secondsUntil(mayFrom, now));
}

function checkRepeats({ key, recent, isSaidBefore, modes, now }: Case): void {
  if (modes.isUniqueChat && isSaidBefore) throw new TextRefused('not_unique', 'unique chat: somebody said that already');
  const isRepeated = recent.some((said) => now.getTime() - said.sentAt.getTime() < REPEATED_WITHIN_MS && isSimilar(said.key, key));
  if (isRepeated) throw new TextRefused('repeated', 'you said that a moment ago');
}

function checkEmotes({ text, modes, emoteCodes }: Case): void {
  if (modes.isEmoteOnly && !isEmotesOnly(text, emoteCodes)) throw new TextRefused('emote_only', 'emote-only chat: write emoji or emotes');
}

function checkLinks({ text, standing: { role }, modes: { links } }: Case): void {
  if (links === 'everyone' || (links === 'moderators' && isModerator(role))) return;
  if (hasLink(text)) throw new TextRefused('links', links === 'nobody' ? 'links are not allowed in this chat' : 'only moderators may post links');
}

function judgeWords({ text, terms, standing }: Case): Verdict {
  const readings = terms.length === 0 ? [] : readingsOf(text);
  const found = terms.filter(({ term }) => hasTerm(readings, term));
  if (found.some(({ action }) => action === 'block')) throw new TextRefused('term', 'this chat does not take that: say it in other words');
  if (found.length > 0) return { name: 'hold', reason: 'has a blocked term' };
  return standing.isSuspect ? { name: 'hold', reason: 'a new account, from where a banned one wrote' } : { name: 'show' };
}

function secondsUntil(time: Date, now: Date): number {
  return Math.max(1, Math.ceil((time.getTime() - now.getTime()) / 1_000));
}
