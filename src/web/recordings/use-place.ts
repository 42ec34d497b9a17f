import { useEffect, useState, type RefObject } from 'react';

const EVERY_MS = 500;

/** Where the picture is, whole seconds. The video comes later than the page, so it is asked, not listened to. */
export function usePlace(video: RefObject<HTMLVideoElement>): number {
  const [placeSec, setPlaceSec] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setPlaceSec(Math.floor(video.current?.currentTime ?? 0)), EVERY_MS);
    return () => clearInterval(timer);
  }, [video]);
  return placeSec;
}
