import { useId, useMemo } from 'react';
import './channel.css';
import { coverArt, COVER_HEIGHT, COVER_WIDTH, type CoverArt } from './cover-art.js';

/** The seascape of a channel. Decoration: the channel's name stands beside it. */
export function Cover({ slug }: { slug: string }) {
  const art = useMemo(() => coverArt(slug), [slug]);
  return (
    <svg className="cover" viewBox={`0 0 ${COVER_WIDTH} ${COVER_HEIGHT}`} preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">
      <Sea art={art} />
    </svg>
  );
}

/** A round cut of the same seascape, small, as the channel's face. */
export function Avatar({ slug }: { slug: string }) {
  const art = useMemo(() => coverArt(slug), [slug]);
  return (
    <span className="avatar" aria-hidden="true">
      <svg viewBox="70 0 180 180" focusable="false"><Sea art={art} /></svg>
      <span className="avatar-letter">{slug.charAt(0).toUpperCase()}</span>
    </span>
  );
}

function Sea({ art }: { art: CoverArt }) {
  const sky = `sky${useId()}`;
  return (
    <>
      <linearGradient id={sky} x1="0" y1="0" x2="0" y2="0.7">
        <stop stopColor={art.sky[0]} />
        <stop offset="1" stopColor={art.sky[1]} />
      </linearGradient>
      <rect width={COVER_WIDTH} height={COVER_HEIGHT} fill={`url(#${sky})`} />
      <circle cx={art.disc.x} cy={art.disc.y} r={art.disc.radius} fill={art.disc.colour} opacity="0.9" />
      {art.waves.map(({ path, colour }) => <path key={colour} d={path} fill={colour} />)}
    </>
  );
}
