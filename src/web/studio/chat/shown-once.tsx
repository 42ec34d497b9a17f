import type { ReactNode } from 'react';
import { CopyButton } from '../../controls/copy-button.js';

/** A secret that the server gives only now. */
export function ShownOnce({ what, secret, onDone, children }: { what: string; secret: string; onDone: () => void; children: ReactNode }) {
  return (
    <div className="fresh-key" role="status">
      <p>{children} Copy it now: it is shown only this once.</p>
      <div className="copy-row">
        <span className="copy-label">{what}</span>
        <CopyButton text={secret} what={what.toLowerCase()} />
        <code data-secret="">{secret}</code>
      </div>
      <button type="button" className="button" onClick={onDone}>I have it</button>
    </div>
  );
}
