import type { ChatRoom } from '../client/chat-room.js';
import type { PendingMessage, RoomView } from '../client/room-view.js';
import { failureWords } from '../text/failure-words.js';
import { useSecondsUntil } from '../write/use-seconds.js';

/** What is on its way, and what was refused: to be sent again, or dropped. */
export function PendingMessages({ room, view }: { room: ChatRoom; view: RoomView }) {
  return view.pending.map((message) => <PendingLine key={message.nonce} message={message} room={room} view={view} />);
}

function PendingLine({ message: { nonce, text, failure }, room, view }: { message: PendingMessage; room: ChatRoom; view: RoomView }) {
  const leftSec = useSecondsUntil(view.waitUntilMs);
  const isPaced = failure?.retryAfterSec !== undefined;
  return (
    <li className="chat-message chat-pending" data-failed={failure !== undefined || undefined}>
      <span className="chat-name">{view.you.user?.username ?? 'You'}</span>
      <span className="chat-colon">: </span>
      <span className="chat-text" dir="auto">{text}</span>
      {failure === undefined ? <span className="visually-hidden"> is being sent</span> : (
        <span className="chat-failure" role="alert">
          {failureWords(failure, isPaced ? leftSec : 0)}
          <button type="button" className="chat-plain" disabled={isPaced && leftSec > 0} onClick={() => room.retry(nonce)}>Send again</button>
          <button type="button" className="chat-plain" onClick={() => room.discard(nonce)}>Drop</button>
        </span>
      )}
    </li>
  );
}
