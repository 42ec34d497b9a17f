import { useCallback, useEffect, useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useSessionState } from '../../api/context.js';
import type { ChannelLive } from '../../api/contract.js';
import { usePolled } from '../../api/poll.js';
import { asSentence } from '../../api/problem.js';
import { Notice } from '../../controls/notice.js';
import { Empty } from '../../shell/empty.js';
import { usePageTitle } from '../../shell/page.js';
import type { Capture } from './capture/capture.js';
import { obstacleIn } from './capture/obstacle.js';
import { Picture } from './picture.js';
import { SendingFacts } from './sending-facts.js';
import { ShowLine, standOf, type Stand } from './show-line.js';
import { Sources } from './sources.js';
import { Switches } from './switches.js';
import { useCapture, useSnapshot } from './use-capture.js';
import { useLeaveQuestion, useWakeLock } from './use-guards.js';
import { useSending, useShow } from './use-show.js';
import '../studio.css';
import './go-live.css';

/** Streams from this browser: camera, microphone and screen, without another program. */
export function GoLive() {
  usePageTitle('Go live');
  const state = useSessionState();
  const obstacle = obstacleIn({ isSecure: window.isSecureContext, hasDevices: 'mediaDevices' in navigator, hasWebRtc: 'RTCPeerConnection' in window });
  if (state.name !== 'signed-in') return null;
  return obstacle === undefined ? <Opened slug={state.user.username} /> : (
    <Empty title="Not from this page">
      <p>{obstacle}</p>
      <p><Link className="button" to="/studio">Stream with OBS instead</Link></p>
    </Empty>
  );
}

function Opened({ slug }: { slug: string }) {
  const capture = useCapture(slug);
  return capture ? <Booth slug={slug} capture={capture} /> : null;
}

const LIVE_MS = 2_000;

function Booth({ slug, capture }: { slug: string; capture: Capture }) {
  const api = useApi();
  const { value: live } = usePolled(useCallback((signal) => api.channelLive(slug, signal), [api, slug]), { everyMs: LIVE_MS, evenHidden: true });
  const noWebRtc = useWebRtcProblem();
  const { phase, picture, lines, hasMicrophone, problems } = useSnapshot(capture);
  const { show, state, goLive } = useShow(slug, capture);
  const sending = useSending(show, state?.name === 'sending');
  // What was known when the show began is of an earlier one.
  const [before, setBefore] = useState<ChannelLive>();
  const stand = standOf(state, live === before ? undefined : live);
  const isOn = stand !== 'offline';
  useLeaveQuestion(isOn);
  useWakeLock(isOn);
  useMissed(live, () => show?.missed());

  const hasSomething = phase === 'open' && (picture !== 'slate' || hasMicrophone);
  return (
    <div className="studio">
      <h1 className="visually-hidden">Go live from this browser</h1>
      <div className="studio-main">
        <section className="onair" data-state={stand} aria-label="Your show">
          <ShowLine slug={slug} stand={stand} live={live} canGoLive={hasSomething && noWebRtc === undefined} onGoLive={() => { setBefore(live); goLive(); }} onEnd={async () => void show?.end()} />
          {noWebRtc !== undefined && <Notice level="warn">This server takes no streams from browsers: {asSentence(noWebRtc)} You can <Link to="/studio">stream with OBS</Link>.</Notice>}
          {state?.name === 'ended' && (state.reason === undefined ? <Notice level="ok">Your stream has ended.</Notice> : <Notice level="error">{state.reason}</Notice>)}
          {!isOn && live && live.state !== 'offline' && state === undefined && <Notice level="warn">Your channel is on air from another encoder. When you go live here, this takes its place.</Notice>}
          {problems.screen && <Notice level="warn">{problems.screen}</Notice>}
          <Picture capture={capture} />
          {phase === 'open' && <Switches capture={capture} />}
          {isOn && !hasMicrophone && <Notice level="warn">Viewers hear nothing of you: there is no microphone.</Notice>}
          {sending && show && <SendingFacts sending={sending} connectedMs={show.connectedMs} lines={lines} />}
        </section>
      </div>
      <div className="studio-side">
        <Sources capture={capture} />
        <OtherWays stand={stand} />
      </div>
    </div>
  );
}

function OtherWays({ stand }: { stand: Stand }) {
  return (
    <section className="panel" aria-labelledby="other-title">
      <h2 id="other-title">{stand === 'offline' ? 'Another way' : 'While you are on air'}</h2>
      {stand === 'offline'
        ? <p>For games, scenes and overlays, OBS does more. <Link to="/studio">Its settings are in the studio.</Link></p>
        : <p>Keep this page open: it is the camera. The studio shows what viewers get. <a href="/studio" target="_blank" rel="noreferrer">Open it in a new tab.</a></p>}
    </section>
  );
}

/** Why the server has no WebRTC; asked once, since one that does not answer is noticed anyway. */
function useWebRtcProblem(): string | undefined {
  const api = useApi();
  const { value } = usePolled(useCallback(async (signal) => ({ problem: await api.webRtcProblem(signal) }), [api]), { everyMs: 0 });
  return value?.problem;
}

/** Calls back when the channel is live no more: somebody has ended the show, or the server has lost the connection. */
function useMissed(live: ChannelLive | undefined, onMissed: () => void): void {
  const [wasOn, setWasOn] = useState(false);
  useEffect(() => {
    if (!live) return;
    const isOn = live.state === 'live';
    if (wasOn && !isOn) onMissed();
    setWasOn(isOn);
  }, [live]);
}
