import { useEffect, useRef, type ReactNode } from 'react';
import type { Capture } from './capture/capture.js';
import { useSnapshot } from './use-capture.js';

/** What is sent, without sound: the streamer would hear an echo. */
export function Picture({ capture }: { capture: Capture }) {
  const { phase, track, picture } = useSnapshot(capture);
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = track ? new MediaStream([track]) : null;
    // Silent pictures may play everywhere; one that is replaced meanwhile says that it was interrupted.
    if (track) void video.current.play().catch(() => undefined);
  }, [track]);
  return (
    <div className="stage golive-stage" data-picture={phase === 'open' ? picture : phase}>
      <video ref={video} muted playsInline aria-label={LABELS[picture]} />
      {phase === 'closed' && <Invitation capture={capture} />}
      {phase === 'opening' && <Words title="Waiting for the camera">Your browser may ask whether this page may use it.</Words>}
    </div>
  );
}

const LABELS = { camera: 'Your camera’s picture', screen: 'Your shared screen', slate: 'The picture that viewers see while the camera is off' };

function Invitation({ capture }: { capture: Capture }) {
  return (
    <Words title="See yourself first">
      <span>Nobody sees or hears you before you go live.</span>
      <span className="golive-choices">
        <button type="button" className="button primary" onClick={() => void capture.open()}>Turn on camera and microphone</button>
        {canShareScreen() && <button type="button" className="button" onClick={() => void capture.shareScreen({ withSound: true })}>Share a screen</button>}
      </span>
    </Words>
  );
}

function Words({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="golive-words">
      <p className="golive-words-title">{title}</p>
      <p>{children}</p>
    </div>
  );
}

/** Phones cannot. */
export function canShareScreen(): boolean {
  return 'getDisplayMedia' in navigator.mediaDevices;
}
