import { useState, type FormEvent } from 'react';
import { Field } from '../controls/field.js';

interface TypedNameProps {
  /** The channel's name, which opens the button. */
  slug: string;
  /** What typing it does, as in `Type ada to turn it on`. */
  does: string;
  hint: string;
  action: string;
  isDanger?: boolean;
  isBusy: boolean;
  onTyped: (confirm: string) => void;
}

/** Asks for the channel's name before something that nobody can take back. */
export function TypedName({ slug, does, hint, action, isDanger = false, isBusy, onTyped }: TypedNameProps) {
  const [typed, setTyped] = useState('');
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    onTyped(typed.trim());
  };
  return (
    <form className="typed-name" onSubmit={onSubmit}>
      <Field label={`Type ${slug} to ${does}`} name="confirm" hint={hint} required autoComplete="off" autoCapitalize="none" spellCheck={false} value={typed} onValue={setTyped} />
      <button type="submit" className={isDanger ? 'button danger' : 'button primary'} disabled={isBusy || typed.trim() !== slug}>{action}</button>
    </form>
  );
}
