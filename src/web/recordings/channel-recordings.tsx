import { useEffect, useState } from 'react';
import { plainWords } from '../api/problem.js';
import { Notice } from '../controls/notice.js';
import { RecordingCards } from './recording-card.js';
import { useRecordings } from './use-recordings.js';

/** The shows of a channel that are over. `broadcastId` is what is on now: when it goes, there may be one more. */
export function ChannelRecordings({ slug, broadcastId }: { slug: string; broadcastId: string | undefined }) {
  const { recordings, error, showMore, refresh } = useRecordings(slug);
  useEffect(() => refresh(), [broadcastId, refresh]);
  return (
    <section className="recordings" aria-labelledby="recordings-title" aria-busy={recordings === undefined && error === undefined}>
      <h2 id="recordings-title">Recordings</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {recordings?.length === 0 && <p className="soft">None yet. A show appears here when it is over.</p>}
      {recordings && recordings.length > 0 && <RecordingCards recordings={recordings} />}
      {showMore && <MoreButton onMore={showMore} />}
    </section>
  );
}

export function MoreButton({ onMore }: { onMore: () => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  const more = async () => {
    setBusy(true);
    await onMore();
    setBusy(false);
  };
  return <p><button type="button" className="button" disabled={isBusy} onClick={() => void more()}>Show more</button></p>;
}
