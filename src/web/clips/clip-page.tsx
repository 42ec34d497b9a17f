import { useCallback, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { useApi, useSessionState } from '../api/context.js';
import type { Clip } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { plainWords, Problem } from '../api/problem.js';
import { ShowHead, ShowSkeleton } from '../channel/show-head.js';
import { Confirm } from '../controls/confirm.js';
import { CopyButton } from '../controls/copy-button.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { Empty } from '../shell/empty.js';
import { usePageTitle } from '../shell/page.js';
import '../recordings/recordings.css';
import '../watch/watch.css';
import { fileSize } from '../words/figures.js';
import './clips.css';

/** The page of one clip. */
export function ClipPage() {
  const id = useParams()['id'] ?? '';
  const { name: session } = useSessionState();
  // Whoever made it may delete it: who that is has to be known first.
  return session === 'unknown' ? <ShowSkeleton of="clip" /> : <Loaded key={`${id} ${session}`} id={id} />;
}

function Loaded({ id }: { id: string }) {
  const api = useApi();
  const { value: clip, error } = usePolled(useCallback((signal) => api.clip(id, signal), [api, id]), { everyMs: 0 });
  usePageTitle(clip?.title ?? 'Clip');
  if (clip) return <Shown clip={clip} />;
  if (error === undefined) return <ShowSkeleton of="clip" />;
  return error instanceof Problem && error.code === 'clip_unknown' ? <NoClip /> : <Notice level="error">{plainWords(error)}</Notice>;
}

function Shown({ clip }: { clip: Clip }) {
  const { title, video, poster, sizeBytes } = clip;
  return (
    <article className="watch clip" data-state="ready">
      <div className="stage">
        <video className="clip-video" src={video} poster={poster} controls playsInline preload="metadata" aria-label={title} />
      </div>
      <ShowHead slug={clip.channel.slug} title={title} at={clip.startAt} durationSec={clip.durationSec}><span>Clip by {clip.maker.username}</span></ShowHead>
      <div className="recording-actions share">
        <CopyButton text={`${window.location.origin}/clips/${clip.id}`} what="link" label="Copy link" />
        <a className="button" href={`${video}?download`} download><Icon name="download" /> Download <span className="soft">{fileSize(sizeBytes)}</span></a>
        {clip.canManage && <DeleteButton clip={clip} />}
      </div>
    </article>
  );
}

function DeleteButton({ clip }: { clip: Clip }) {
  const api = useApi();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = async () => {
    await api.deleteClip(clip.id);
    void navigate(`/${clip.channel.slug}`);
  };
  return (
    <>
      <button type="button" className="button danger" onClick={() => setAsking(true)}>Delete</button>
      {isAsking && (
        <Confirm title={`Delete “${clip.title}”?`} text="It is removed from this server and cannot be brought back." action="Delete clip"
          onConfirm={remove} onClose={() => setAsking(false)} />
      )}
    </>
  );
}

function NoClip() {
  return (
    <div data-state="unknown">
      <Empty title="No such clip">
        <p>It was deleted, or never there.</p>
        <p><Link className="button primary" to="/">See what is there</Link></p>
      </Empty>
    </div>
  );
}
