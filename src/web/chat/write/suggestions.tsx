import { useId, useMemo, useState, type KeyboardEvent, type RefObject } from 'react';
import { EmotePicture } from '../list/message-text.js';
import type { RoomView } from '../client/room-view.js';
import { completed, fragmentAt, suggestionsFor, type Suggestion } from '../text/completion.js';

interface Suggestions {
  id: string;
  list: Suggestion[];
  selected: number;
  choose: (suggestion: Suggestion) => void;
  /** Whether the key was for the list. */
  onKeyDown: (event: KeyboardEvent) => boolean;
  /** What tells a screen reader that the field has a list. */
  fieldProps: Record<string, string | boolean | (() => void) | undefined>;
}

/** Names and codes that complete what is typed at the cursor. */
export function useSuggestions({ field, text, setText, view }: {
  field: RefObject<HTMLTextAreaElement>; text: string; setText: (text: string) => void; view: RoomView;
}): Suggestions {
  const id = useId();
  const [cursor, setCursor] = useState(0);
  const [selected, setSelected] = useState(0);
  const [dismissed, setDismissed] = useState('');
  const fragment = dismissed === text ? undefined : fragmentAt(text, Math.min(cursor, text.length));
  const names = useMemo(() => namesOf(view), [view]);
  const list = fragment === undefined ? [] : suggestionsFor(fragment, { names, emotes: view.room?.emotes ?? [] });
  const at = Math.min(selected, list.length - 1);

  const choose = (suggestion: Suggestion) => {
    if (fragment === undefined) return;
    const next = completed(text, cursor, fragment, suggestion);
    setText(next.text);
    setSelected(0);
    field.current?.focus();
    requestAnimationFrame(() => field.current?.setSelectionRange(next.cursor, next.cursor));
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const chosen = list[at];
    if (chosen === undefined) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setSelected((at + step + list.length) % list.length);
    else if (event.key === 'Tab' || (event.key === 'Enter' && !event.nativeEvent.isComposing)) choose(chosen);
    else if (event.key === 'Escape') setDismissed(text);
    else return false;
    event.preventDefault();
    return true;
  };
  const fieldProps = {
    role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': list.length > 0, 'aria-controls': id,
    'aria-activedescendant': list.length > 0 ? `${id}-${at}` : undefined, onSelect: () => setCursor(field.current?.selectionStart ?? 0),
  };
  return { id, list, selected: at, choose, onKeyDown, fieldProps };
}

export function SuggestionList({ suggestions: { id, list, selected, choose } }: { suggestions: Suggestions }) {
  return (
    <ul id={id} className="composer-suggestions" role="listbox" aria-label="Suggestions" hidden={list.length === 0}>
      {list.map((suggestion, at) => (
        <li key={suggestion.insert} id={`${id}-${at}`} role="option" aria-selected={at === selected} onPointerDown={(event) => {
          event.preventDefault();
          choose(suggestion);
        }}>
          {suggestion.emote && <EmotePicture emote={suggestion.emote} />}
          {suggestion.emoji && <span>{suggestion.emoji}</span>}
          {suggestion.label}
        </li>
      ))}
    </ul>
  );
}

/** Who can be spoken to: the last who spoke first, without oneself. */
function namesOf({ messages, you }: RoomView): string[] {
  const names = messages.toReversed().map(({ author }) => author.username);
  return [...new Set(names)].filter((name) => name !== you.user?.username);
}
