import { useState, type RefObject } from 'react';
import { CopyButton } from '../controls/copy-button.js';
import { clock } from '../words/time.js';
import { usePlace } from './use-place.js';

/** The link to this page, or to the very moment that plays. */
export function Share({ video }: { video: RefObject<HTMLVideoElement> }) {
  const [isTimed, setTimed] = useState(false);
  const placeSec = usePlace(video);
  const { origin, pathname } = window.location;
  return (
    <div className="share">
      <CopyButton text={`${origin}${pathname}${isTimed ? `?t=${placeSec}` : ''}`} what="link" label="Copy link" />
      <label>
        <input type="checkbox" checked={isTimed} onChange={(event) => setTimed(event.target.checked)} />
        from <span className="share-time">{clock(placeSec)}</span>
      </label>
    </div>
  );
}
