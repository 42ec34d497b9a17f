import { useMemo, useState, type FormEvent } from 'react';
import type { BlockedTerm } from '../api/chat-contract.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import { Field } from '../controls/field.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { useAsked, useDoing } from './use-asked.js';

const EVENTS = ['acted'] as const;
const ACTION_WORDS: Record<BlockedTerm['action'], string> = { hold: 'held for review', block: 'refused' };

/** Words that this chat does not take, or looks at first. */
export function Terms({ room }: { room: ChatRoom }) {
  const wish = useMemo(() => ({ channel: room.slug }), [room]);
  const { answer } = useAsked(room, 'list-terms', wish, EVENTS);
  const { run, problem } = useDoing(room);
  const [pattern, setPattern] = useState('');
  const [action, setAction] = useState<BlockedTerm['action']>('hold');
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (pattern.trim() !== '' && await run('add-term', { channel: room.slug, pattern: pattern.trim(), action })) setPattern('');
  };
  return (
    <section aria-label="Blocked terms">
      <h3>Blocked terms</h3>
      <form className="desk-add" onSubmit={(event) => void add(event)}>
        <Field label="Words" hint="* stands for any letters within a word" maxLength={100} autoComplete="off" value={pattern} onValue={setPattern} />
        <label className="desk-check"><input type="checkbox" checked={action === 'block'} onChange={(event) => setAction(event.target.checked ? 'block' : 'hold')} /> Refuse at once</label>
        <button type="submit" className="button" disabled={pattern.trim() === ''}>Add</button>
      </form>
      {problem && <Notice level="error">{problem}</Notice>}
      <ul className="desk-names">
        {answer?.terms.map((term) => (
          <li key={term.id}>
            <code>{term.pattern}</code> <small>{ACTION_WORDS[term.action]}</small>
            <button type="button" className="composer-icon" aria-label={`Remove ${term.pattern}`} title="Remove" onClick={() => void run('remove-term', { channel: room.slug, id: term.id })}><Icon name="close" /></button>
          </li>
        ))}
      </ul>
    </section>
  );
}
