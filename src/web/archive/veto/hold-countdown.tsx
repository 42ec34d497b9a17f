import { useEffect } from 'react';
import { useSecondsUntil, useServerMoment } from '../../chat/write/use-seconds.js';
import { clock } from '../../words/time.js';

/** How long a show can still be stopped. */
export function HoldCountdown({ until, onOver }: { until: string; onOver: () => void }) {
  const untilMs = useServerMoment(until);
  const leftSec = useSecondsUntil(untilMs);
  useEffect(() => {
    if (leftSec === 0) onOver();
  }, [leftSec, onOver]);
  return (
    <p className="countdown">
      {leftSec > 0 ? <>It is sent in <b role="timer">{clock(leftSec)}</b>. Until then you can keep it out, or parts of it.</> : 'It is sent now.'}
    </p>
  );
}
