import { lazy, Suspense, useCallback, useEffect, useRef, type ReactNode } from 'react';
import { Link, useParams, useSearchParams } from 'react-router-dom';
import { useApi, useSessionState } from '../api/context.js';
import type { RecordingDetails } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { plainWords, Problem } from '../api/problem.js';
import { StoredPermanently } from '../archive/stored-permanently.js';
import { ShowHead, ShowSkeleton } from '../channel/show-head.js';
import { ChatSkeleton, WithChat } from '../chat/beside.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { Picture } from '../pictures/picture.js';
import type { Playback } from '../playback/playback.js';
import { Empty } from '../shell/empty.js';
import { usePageTitle } from '../shell/page.js';
import { fileSize } from '../words/figures.js';
import { placeInWords } from '../words/time.js';
import { ChapterList } from './chapter-list.js';
import { Manage } from './manage.js';
import './recordings.css';
import { Share } from './share.js';
import { VISIBILITY_WORDS } from './visibility-choice.js';

const RecordingPlayer = lazy(async () => ({ default: (await import('../player/recording-player.js')).RecordingPlayer }));
const ReplayChat = lazy(async () => ({ default: (await import('../chat/replay/replay-chat.js')).ReplayChat }));

const RETRY_MS = 10_000;

/** The page of one show that is over. */
export function RecordingPage() {
  const id = useParams()['id'] ?? '';
  const { name: session } = useSessionState();
  // A private one is there only for its owner: who that is has to be known first.
  return session === 'unknown' ? <ShowSkeleton of="recording" /> : <Loaded key={`${id} ${session}`} id={id} />;
}

function Loaded({ id }: { id: string }) {
  const api = useApi();
  const { value: recording, error, replace, refresh } = usePolled(useCallback((signal) => api.recording(id, signal), [api, id]), { everyMs: 0 });
  const code = error instanceof Problem ? error.code : undefined;
  useEffect(() => {
    if (error === undefined || code === 'recording_unknown') return;
    const timer = setTimeout(refresh, RETRY_MS);
    return () => clearTimeout(timer);
  }, [error, code, refresh]);
  usePageTitle(recording?.title ?? 'Recording');
  if (recording) return <Show recording={recording} onChanged={(changed) => replace({ ...recording, ...changed })} />;
  if (error === undefined) return <ShowSkeleton of="recording" />;
  if (code === 'recording_unknown') return <NoRecording />;
  return code === 'recording_running' ? <StillOn /> : <Notice level="error">{plainWords(error)}</Notice>;
}

function Show({ recording, onChanged }: { recording: RecordingDetails; onChanged: (changed: Partial<RecordingDetails>) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [search] = useSearchParams();
  const startSec = placeInWords(search.get('t'));
  const seek = (sec: number) => {
    if (!video.current) return;
    video.current.currentTime = sec;
    void video.current.play();
  };
  const playback = useRef<Playback>();
  const onPlayback = useCallback((made: Playback | undefined) => { playback.current = made; }, []);
  const momentMs = useCallback(() => playback.current?.dateMs, []);
  const chat = (close: ReactNode) => (
    <Suspense fallback={<ChatSkeleton />}><ReplayChat broadcastId={recording.id} slug={recording.channel.slug} momentMs={momentMs} head={close} /></Suspense>
  );
  return (
    <WithChat chat={chat}>
      <article className="watch recording" data-state="ready">
        <div className="stage">
          <Suspense fallback={<Picture address={recording.poster} slug={recording.channel.slug} />}>
            <RecordingPlayer recording={recording} video={video} startSec={startSec < recording.durationSec ? startSec : 0} onPlayback={onPlayback} />
          </Suspense>
        </div>
        {recording.state === 'incomplete' && <Notice level="warn">Parts of this show could not be recorded. The rest plays as it was.</Notice>}
        <ShowHead slug={recording.channel.slug} title={recording.title} at={recording.startedAt} durationSec={recording.durationSec}>
          {recording.visibility !== 'public' && <span>{VISIBILITY_WORDS[recording.visibility].label}</span>}
        </ShowHead>
        <div className="recording-actions">
          <Share video={video} />
          <a className="button" href={recording.download} download><Icon name="download" /> Download <span className="soft">{fileSize(recording.sizeBytes)}</span></a>
          <Link className="button" to={`/recordings/${encodeURIComponent(recording.id)}/verify`}><Icon name="shield-check" /> Verify</Link>
        </div>
        {recording.chapters.length > 1 && <ChapterList chapters={recording.chapters} video={video} onSeek={seek} />}
        {recording.description !== '' && <p className="watch-description">{recording.description}</p>}
        <StoredPermanently id={recording.id} canManage={recording.canManage} />
        {recording.canManage && <Manage recording={recording} onChanged={onChanged} />}
      </article>
    </WithChat>
  );
}

function StillOn() {
  return (
    <div data-state="recording">
      <Empty title="Still on">
        <p>This show is not over yet. Its recording plays here by itself when it is.</p>
        <p><Link className="button primary" to="/">See what is live</Link></p>
      </Empty>
    </div>
  );
}

function NoRecording() {
  return (
    <div data-state="unknown">
      <Empty title="No such recording">
        <p>It was deleted, or its owner keeps it private. If it is yours, sign in.</p>
        <p><Link className="button primary" to="/">See what is there</Link></p>
      </Empty>
    </div>
  );
}
