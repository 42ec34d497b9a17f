import { memo, type CSSProperties, type ReactNode } from 'react';
import type { ChatMessage } from '../../api/chat-contract.js';
import { nameHue } from '../text/name-hue.js';
import { Badges } from './badges.js';
import { MessageText, type Emotes } from './message-text.js';
import { Reactions } from './reactions.js';

export interface MessageProps {
  message: ChatMessage;
  emotes: Emotes;
  /** Who reads. */
  own: string | undefined;
  ownReactions: ReadonlySet<string>;
  /** The buttons of the message that is pointed at. */
  actions?: ReactNode;
  onReact?: ((messageId: string, emoji: string) => void) | undefined;
  onName?: ((username: string) => void) | undefined;
}

const HIDDEN_WORDS = { held: 'A moderator looks at this first', muted: 'Only moderators see this', deleted: 'Deleted' };

/** One message: who, what, when, and what others made of it. */
export const Message = memo(function Message({ message, emotes, own, ownReactions, actions, onReact, onName }: MessageProps) {
  const { id, author, text, isAction, replyTo, hidden, mentions, sentAt } = message;
  return (
    <li className="chat-message" data-message={id} data-author={author.username} data-action={isAction || undefined} data-hidden={hidden}
      data-to-me={(own !== undefined && (mentions.includes(own) || replyTo?.username === own)) || undefined} data-active={actions !== undefined || undefined}>
      {replyTo && (
        <span className="chat-quote" title={replyTo.text} dir="auto">
          <span className="visually-hidden">In reply to </span>@{replyTo.username} {replyTo.text}
        </span>
      )}
      <time className="chat-time" dateTime={sentAt} title={new Date(sentAt).toLocaleString()}>{timeOfDay(sentAt)}</time>
      <Badges author={author} />
      <Name username={author.username} onName={onName} />
      <span className="chat-colon">{isAction ? ' ' : ': '}</span>
      <MessageText message={{ text, mentions }} emotes={emotes} own={own} />
      {hidden && <span className="chat-hidden">{HIDDEN_WORDS[hidden]}</span>}
      <Reactions message={message} emotes={emotes} own={ownReactions} onReact={onReact && ((emoji) => onReact(id, emoji))} />
      {actions}
    </li>
  );
});

function Name({ username, onName }: { username: string; onName: MessageProps['onName'] }) {
  const hue: CSSProperties & Record<'--hue', number> = { '--hue': nameHue(username) };
  if (onName === undefined) return <bdi className="chat-name" style={hue}>{username}</bdi>;
  // Reached by its message's own buttons: a list of five hundred tab stops helps nobody.
  return <button type="button" tabIndex={-1} className="chat-name" style={hue} onClick={() => onName(username)}><bdi>{username}</bdi></button>;
}

function timeOfDay(isoDate: string): string {
  return new Date(isoDate).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
