import { useEffect, useRef, useState } from 'react';
import { Icon } from './icons.js';

const SHOWN_MS = 2_000;

/** Copies a text and says that it did. `label` is what it says before. */
export function CopyButton({ text, what, label = 'Copy' }: { text: string; what: string; label?: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);

  const copy = async () => {
    setOutcome((await copyText(text)) ? 'copied' : 'failed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOutcome(undefined), SHOWN_MS);
  };

  return (
    <button type="button" className="button copy" onClick={() => void copy()} aria-label={`Copy ${what}`}>
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} />
      <span role="status">{outcome === undefined ? label : WORDS[outcome]}</span>
    </button>
  );
}

const WORDS = { copied: 'Copied', failed: 'Select and copy' };

/** False when the browser lets neither way; the text is then still there to select. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // navigator.clipboard is missing on plain http, which is how many run this server at home.
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  // Inside an open dialog only its own children can take the focus.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  const focused = document.activeElement;
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
