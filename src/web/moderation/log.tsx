import { useCallback, useEffect, useState } from 'react';
import { Link } from 'react-router-dom';
import type { AuditEntry, ServerEvents } from '../api/chat-contract.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import { useRoomEvent } from '../chat/client/use-chat-room.js';
import { Notice } from '../controls/notice.js';
import { ago } from '../words/time.js';
import { actWords } from './act-words.js';
import { useDoing } from './use-asked.js';

/** Who did what, the newest first. */
export function Log({ room }: { room: ChatRoom }) {
  const { entries, hasMore, loadMore } = useLog(room);
  const { run, problem } = useDoing(room);
  return (
    <>
      {problem && <Notice level="error">{problem}</Notice>}
      {entries?.length === 0 && <p className="desk-empty">Nothing has been done yet.</p>}
      <ol className="desk-list">
        {entries?.map((entry) => (
          <li key={entry.id} className="desk-entry" data-over={entry.undone !== undefined || undefined}>
            <p><b>{entry.actor || 'Somebody'}</b> {actWords(entry)}{entry.reason && <>: <bdi>{entry.reason}</bdi></>} <time dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>{ago(entry.at, Date.now())}</time></p>
            {typeof entry.detail['text'] === 'string' && <blockquote><bdi>{entry.detail['text']}</bdi></blockquote>}
            {entry.undone && <small>undone by {entry.undone.by}</small>}
            {entry.canUndo && <button type="button" className="button" onClick={() => void run('undo-act', { channel: room.slug, id: entry.id })}>Undo</button>}
          </li>
        ))}
      </ol>
      <p className="desk-empty"><Link to={`/studio/archive/${room.slug}`}>What is stored permanently of this channel</Link></p>
      {hasMore && <button type="button" className="button wide" onClick={loadMore}>Earlier</button>}
    </>
  );
}

/** The pages that are loaded, with what is done meanwhile. */
function useLog(room: ChatRoom) {
  const [entries, setEntries] = useState<AuditEntry[]>();
  const [hasMore, setHasMore] = useState(false);
  const load = useCallback(async (before?: string) => {
    const reply = await room.ask('list-audit', { channel: room.slug, ...(before === undefined ? {} : { before }) });
    if (!reply.ok) return;
    setEntries((known = []) => (before === undefined ? reply.entries : [...known, ...reply.entries]));
    setHasMore(reply.hasMore);
  }, [room]);
  useEffect(() => void load(), [load]);
  useRoomEvent(room, 'acted', useCallback<ServerEvents['acted']>(({ channel, entry }) => {
    if (channel === room.slug) setEntries((known = []) => (known.some(({ id }) => id === entry.id) ? known.map((old) => (old.id === entry.id ? entry : old)) : [entry, ...known]));
  }, [room]));
  return { entries, hasMore, loadMore: () => void load(entries?.at(-1)?.id) };
}
