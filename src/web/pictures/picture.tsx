import { useEffect, useRef, useState, type RefObject } from 'react';
import { Cover } from '../channel/cover.js';
import './pictures.css';

/** A picture of a show, or its channel's sea where there is none (yet). Decoration: its title stands beside it. */
export function Picture({ address, slug }: { address: string | undefined; slug: string }) {
  const [failed, setFailed] = useState<string>();
  if (address === undefined || address === failed) return <Cover slug={slug} />;
  return <img className="cover" src={address} alt="" loading="lazy" decoding="async" onError={() => setFailed(address)} />;
}

const REFRESH_MS = 10_000;

/** The latest picture of a show that is on, for as long as somebody can see it. */
export function LivePicture({ address, slug }: { address: string | undefined; slug: string }) {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRefreshed(address, useIsSeen(place));
  return <div ref={place} className="picture-frame"><Picture address={shown} slug={slug} /></div>;
}

/** The address with another ending every ten seconds, once its picture is there: no flicker, and the last one stays when none comes. */
function useRefreshed(address: string | undefined, isSeen: boolean): string | undefined {
  const [shown, setShown] = useState<string>();
  useEffect(() => {
    if (address === undefined || !isSeen) return;
    let isWanted = true;
    const refresh = async () => {
      if (document.hidden) return;
      const next = new Image();
      // The same for everybody, so that caches between can help.
      next.src = `${address}?at=${Math.floor(Date.now() / REFRESH_MS)}`;
      // Without a picture now, the one before stays.
      const isThere = await next.decode().then(() => true, () => false);
      if (isWanted && isThere) setShown(next.src);
    };
    void refresh();
    const timer = setInterval(() => void refresh(), REFRESH_MS);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [address, isSeen]);
  return shown;
}

function useIsSeen(place: RefObject<HTMLElement>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false));
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return isSeen;
}
