import { useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import type { ChatMessage } from '../../api/chat-contract.js';
import { Icon } from '../../controls/icons.js';
import type { ChatRoom } from '../client/chat-room.js';
import type { RoomView } from '../client/room-view.js';
import { failureWords } from '../text/failure-words.js';
import { EmojiPicker } from './emoji-picker.js';
import { HeartButton } from './heart-button.js';
import { SuggestionList, useSuggestions } from './suggestions.js';
import { useSecondsUntil } from './use-seconds.js';

interface ComposerProps {
  room: ChatRoom;
  view: RoomView;
  replyTo: ChatMessage | undefined;
  onReplied: () => void;
  /** The moment of the show that is on the screen, ms since 1970. */
  momentMs: () => number | undefined;
}

const MAX_TEXT = 500;
/** From here on the rest is counted. */
const NEAR_LIMIT = 400;

/** Where a viewer writes: Enter sends, `@` and `:` complete. */
export function Composer({ room, view, replyTo, onReplied, momentMs }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [isPicking, setPicking] = useState(false);
  const suggestions = useSuggestions({ field, text, setText, view });
  const leftSec = useSecondsUntil(view.waitUntilMs);
  const length = [...text.trim()].length;
  const isSendable = length > 0 && length <= MAX_TEXT && leftSec === 0;

  const send = () => {
    if (!isSendable) return;
    const moment = momentMs();
    room.say(text.trim(), { ...(replyTo === undefined ? {} : { replyTo }), ...(moment === undefined ? {} : { streamAt: new Date(moment).toISOString() }) });
    setText('');
    onReplied();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send();
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (suggestions.onKeyDown(event)) return;
    if (event.key === 'Escape' && replyTo !== undefined) onReplied();
    // Enter that ends the input of a Chinese or Japanese word belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const put = (emoji: string) => {
    setPicking(false);
    setText((before) => `${before}${before === '' || before.endsWith(' ') ? '' : ' '}${emoji} `);
    field.current?.focus();
  };
  return (
    <form className="composer" onSubmit={onSubmit}>
      {replyTo && <ReplyTo message={replyTo} onCancel={onReplied} />}
      <SuggestionList suggestions={suggestions} />
      {isPicking && <EmojiPicker emotes={view.room?.emotes ?? []} onPick={put} onClose={() => setPicking(false)} />}
      <div className="composer-row">
        <HeartButton room={room} />
        <div className="composer-field">
          <textarea ref={field} rows={1} value={text} placeholder="Send a message" aria-label="Message" enterKeyHint="send" autoComplete="off" dir="auto" {...suggestions.fieldProps}
            onChange={(event) => setText(event.target.value.replaceAll('\n', ' '))} onKeyDown={onKeyDown} />
          <button type="button" className="composer-icon" aria-label="Emoji" title="Emoji" aria-expanded={isPicking} onClick={() => setPicking(!isPicking)}><Icon name="smile" /></button>
        </div>
        <button type="submit" className="button primary composer-send" disabled={!isSendable} aria-label="Send" title="Send">
          {leftSec > 0 ? `${leftSec} s` : <Icon name="send" />}
        </button>
      </div>
      <p className="composer-foot">
        {leftSec > 0 && view.waitReason && <span role="status">{failureWords({ ok: false, code: view.waitReason, message: 'wait a moment' }, leftSec)}</span>}
        {length > NEAR_LIMIT && <span className="composer-count" data-over={length > MAX_TEXT || undefined}>{length} / {MAX_TEXT}</span>}
      </p>
    </form>
  );
}

function ReplyTo({ message: { author, text }, onCancel }: { message: ChatMessage; onCancel: () => void }) {
  return (
    <p className="composer-reply">
      <Icon name="reply" />
      <span>Reply to <strong>{author.username}</strong>: {text}</span>
      <button type="button" className="composer-icon" aria-label="Do not reply" title="Do not reply" onClick={onCancel}><Icon name="close" /></button>
    </p>
  );
}
