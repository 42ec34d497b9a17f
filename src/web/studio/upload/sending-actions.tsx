import { useOutbox } from '../../api/context.js';
import type { Sending } from './outbox.js';

/** What can be done with a file that this page sends. */
export function SendingActions({ sending, onCancel }: { sending: Sending; onCancel: () => void }) {
  const outbox = useOutbox();
  const { key, fileName, state } = sending;
  const isGoing = state === 'sending' || state === 'interrupted';
  const hasStopped = state === 'paused' || state === 'failed';
  return (
    <>
      {isGoing && <button type="button" className="button" onClick={() => void outbox.pause(key)} aria-label={`Pause ${fileName}`}>Pause</button>}
      {hasStopped && <button type="button" className="button" onClick={() => outbox.resume(key)} aria-label={`${state === 'paused' ? 'Resume' : 'Try again:'} ${fileName}`}>{state === 'paused' ? 'Resume' : 'Try again'}</button>}
      {state !== 'sent' && <button type="button" className="button" onClick={onCancel} aria-label={`Cancel ${fileName}`}>Cancel</button>}
    </>
  );
}
