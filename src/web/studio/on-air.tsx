import { useCallback, useEffect, useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../api/context.js';
import type { ChannelHealth, ChannelLive } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { plainWords } from '../api/problem.js';
import { Viewers } from '../channel/live-badge.js';
import { Confirm } from '../controls/confirm.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { clock, secondsSince } from '../words/time.js';
import { encoderName } from './encoder-name.js';
import { historyAfter, NO_HISTORY } from './health-history.js';
import { Preview } from './preview.js';
import { adviseRealTime } from './real-time-advice.js';
import { RenditionTable } from './rendition-table.js';
import { SourceFacts } from './source-facts.js';

const HEALTH_MS = 2_000;

const STATES: Record<ChannelHealth['state'], { title: string; text: string }> = {
  offline: { title: 'Offline', text: 'Start your encoder, or go live from this browser.' },
  starting: { title: 'Starting', text: 'Your encoder is connected. Viewers see the picture in a moment.' },
  live: { title: 'On air', text: '' },
  reconnecting: { title: 'Connection lost', text: 'Your show is kept open. Reconnect and it goes on where it was.' },
};

/** The live half of the studio: state, numbers, qualities, advice. */
export function OnAir({ slug, title }: { slug: string; title: string }) {
  const api = useApi();
  const { value: health, error, refresh } = usePolled(useCallback((signal) => api.channelHealth(slug, signal), [api, slug]), { everyMs: HEALTH_MS });
  const { value: live } = usePolled(useCallback((signal) => api.channelLive(slug, signal), [api, slug]), { everyMs: HEALTH_MS });
  const [history, setHistory] = useState(NO_HISTORY);
  useEffect(() => {
    if (health) setHistory((last) => historyAfter(last, health));
  }, [health]);

  const state = health?.state ?? 'offline';
  return (
    <section className="onair" data-state={health ? state : 'loading'} aria-label="On air">
      <StateLine slug={slug} state={state} health={health} live={live} onEnded={refresh} />
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {health && health.advice.length > 0 && state !== 'offline' && <AdviceList advice={[...health.advice, ...adviseRealTime(health)]} />}
      {health?.source && <SourceFacts source={health.source} encode={health.encode} history={history} />}
      {health?.ladder && <RenditionTable ladder={health.ladder} />}
      {live?.broadcast && <Preview slug={slug} title={title} broadcast={live.broadcast} state={state} latency={live.latency} />}
      {health?.publication && <EncoderLine publication={health.publication} />}
      {health && !health.source && state === 'offline' && <OfflineHint />}
    </section>
  );
}

interface StateLineProps {
  slug: string;
  state: ChannelHealth['state'];
  health: ChannelHealth | undefined;
  live: ChannelLive | undefined;
  onEnded: () => void;
}

function StateLine({ slug, state, health, live, onEnded }: StateLineProps) {
  const api = useApi();
  const [isEnding, setEnding] = useState(false);
  const broadcast = live?.broadcast;
  const end = async () => {
    await api.endBroadcast(slug);
    onEnded();
  };
  return (
    <header className="state-line">
      <div className="state-words" role="status">
        <p className="state-title"><span className="state-light" />{health ? STATES[state].title : '…'}</p>
        {health && STATES[state].text && <p className="soft">{STATES[state].text}</p>}
      </div>
      {broadcast && (
        <p className="state-figures">
          <span className="state-clock">{clock(secondsSince(broadcast.startedAt, Date.now()))}</span>
          <Viewers viewers={broadcast.viewers} />
        </p>
      )}
      <div className="state-actions">
        <Link className="button" to={`/${slug}`}>Watch page <Icon name="arrow" /></Link>
        {state !== 'offline' && <button type="button" className="button danger" onClick={() => setEnding(true)}>End stream</button>}
      </div>
      {isEnding && (
        <Confirm title="End the stream?" text="Viewers see that it is over, and your encoder is disconnected. If it reconnects by itself, a new stream starts." action="End stream" onConfirm={end} onClose={() => setEnding(false)} />
      )}
    </header>
  );
}

/** What to know and to do, the urgent first. */
export function AdviceList({ advice }: { advice: ChannelHealth['advice'] }) {
  const ordered = advice.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  return (
    <ul className="advice" aria-label="Advice">
      {ordered.map(({ code, level, message }) => (
        <li key={`${code} ${message}`} data-level={level} data-code={code}>
          <Icon name={level === 'ok' ? 'check' : level} />
          <span><span className="visually-hidden">{LEVEL_WORDS[level]}: </span>{message}</span>
        </li>
      ))}
    </ul>
  );
}

const LEVELS = ['warn', 'info', 'ok'];
const LEVEL_WORDS = { warn: 'Warning', info: 'Hint', ok: 'Good' };

function EncoderLine({ publication }: { publication: NonNullable<ChannelHealth['publication']> }) {
  const { encoder, protocol, remoteAddress, connectedSec } = publication;
  return (
    <p className="soft encoder-line">
      {encoderName(encoder)} by {protocol.toUpperCase()} from {remoteAddress}, connected for {clock(connectedSec)}
    </p>
  );
}

function OfflineHint() {
  return (
    <ol className="first-steps">
      <li>Create a <b>stream key</b> on this page.</li>
      <li>Paste the <b>server</b> and the <b>key</b> into your encoder.</li>
      <li>Start streaming there. Its health appears here.</li>
    </ol>
  );
}
