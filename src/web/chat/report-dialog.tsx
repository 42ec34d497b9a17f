import { useEffect, useId, useRef, useState } from 'react';
import type { ChatMessage } from '../api/chat-contract.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import type { ChatRoom } from './client/chat-room.js';
import { failureWords } from './text/failure-words.js';

const REASONS = ['Spam or scam', 'Harassment or hate', 'Threats or violence', 'Sexual content', 'Private information of somebody'];
const MAX_REASON = 300;

/** Tells the channel's moderators of a message, and why. */
export function ReportDialog({ room, message, onClose }: { room: ChatRoom; message: ChatMessage; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [reason, setReason] = useState(REASONS[0] ?? '');
  const [more, setMore] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isSent, setSent] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const send = async () => {
    const words = [reason, more.trim()].filter((word) => word !== '').join(': ').slice(0, MAX_REASON);
    const reply = await room.ask('report-message', { channel: room.slug, messageId: message.id, reason: words });
    if (reply.ok) setSent(true);
    else setProblem(failureWords(reply, reply.retryAfterSec));
  };
  return (
    <dialog ref={dialog} className="confirm" aria-labelledby={`${id}-title`} onClose={onClose}>
      <h2 id={`${id}-title`}>{isSent ? 'Thank you' : 'Report a message'}</h2>
      {isSent ? <p role="status">The moderators of this channel see your report.</p> : (
        <>
          <blockquote className="chat-reported"><strong>{message.author.username}</strong>: {message.text}</blockquote>
          <fieldset className="choices">
            <legend>What is wrong with it?</legend>
            {REASONS.map((words) => (
              <label key={words} className="choice"><input type="radio" name={id} checked={reason === words} onChange={() => setReason(words)} /> {words}</label>
            ))}
          </fieldset>
          <Field label="Anything to add?" name="more" maxLength={200} value={more} onValue={setMore} />
          {problem && <Notice level="error">{problem}</Notice>}
        </>
      )}
      <div className="confirm-actions">
        <button type="button" className="button" onClick={onClose}>{isSent ? 'Close' : 'Cancel'}</button>
        {!isSent && <button type="button" className="button danger" onClick={() => void send()}>Report</button>}
      </div>
    </dialog>
  );
}
