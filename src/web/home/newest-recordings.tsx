import { useCallback } from 'react';
import { useApi } from '../api/context.js';
import { usePolled } from '../api/poll.js';
import { plainWords } from '../api/problem.js';
import { Notice } from '../controls/notice.js';
import { RecordingCards } from '../recordings/recording-card.js';

const LIMIT = 12;
const REFRESH_MS = 60_000;

/** What was on lately, on all channels; nothing where nothing was. */
export function NewestRecordings() {
  const api = useApi();
  const { value, error } = usePolled(useCallback((signal) => api.newestRecordings(LIMIT, signal), [api]), { everyMs: REFRESH_MS });
  if (value === undefined && error !== undefined) return <Notice level="error">{plainWords(error)}</Notice>;
  if (value === undefined || value.length === 0) return null;
  return (
    <section className="recordings" aria-labelledby="recordings-title">
      <h2 id="recordings-title">Recordings</h2>
      <RecordingCards recordings={value} hasChannel />
    </section>
  );
}
