import { useCallback, useEffect, useState } from 'react';
import { useApi } from '../api/context.js';
import type { LiveBroadcast } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { plainWords } from '../api/problem.js';
import { Notice } from '../controls/notice.js';
import { usePageTitle } from '../shell/page.js';
import { count } from '../words/figures.js';
import './home.css';
import { CardSkeletons, LiveCard } from './live-card.js';
import { NewestRecordings } from './newest-recordings.js';
import { NothingLive } from './nothing-live.js';

const REFRESH_MS = 5_000;

/** What is live now, the most watched first, and what was on lately. */
export function Home() {
  usePageTitle('');
  const api = useApi();
  const { value, error } = usePolled(useCallback((signal) => api.live(signal), [api]), { everyMs: REFRESH_MS });
  const isEmpty = value?.length === 0;
  return (
    <section className="home" data-state={stateOf(value, error)} aria-busy={value === undefined && error === undefined}>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {!isEmpty && <h1>Live now</h1>}
      <p className={value && !isEmpty ? 'home-count' : 'visually-hidden'} role="status">{value && countWords(value.length)}</p>
      {value === undefined && error === undefined && <CardSkeletons />}
      {isEmpty && <NothingLive />}
      {value && !isEmpty && <Cards broadcasts={value} />}
      {value && <NewestRecordings />}
    </section>
  );
}

function Cards({ broadcasts }: { broadcasts: LiveBroadcast[] }) {
  const nowMs = useNow();
  const ordered = broadcasts.toSorted((a, b) => b.viewers - a.viewers || a.channel.slug.localeCompare(b.channel.slug));
  return (
    <ul className="cards" data-count={ordered.length}>
      {ordered.map((broadcast, index) => (
        <LiveCard key={broadcast.id} broadcast={broadcast} nowMs={nowMs} isFirst={index === 0} />
      ))}
    </ul>
  );
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

function countWords(live: number): string {
  return live === 0 ? 'Nobody is live.' : `${count(live, 'channel')} on air`;
}

function stateOf(value: LiveBroadcast[] | undefined, error: unknown): string {
  if (value === undefined) return error === undefined ? 'loading' : 'error';
  return value.length === 0 ? 'empty' : 'live';
}
