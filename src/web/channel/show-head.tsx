import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { clock, day } from '../words/time.js';
import { Avatar } from './cover.js';

/** What a page of a show, or of a piece of one, says below its picture: title, channel, when, how long, and what is special to it. */
export function ShowHead({ slug, title, at, durationSec, children }: { slug: string; title: string; at: string; durationSec: number; children?: ReactNode }) {
  return (
    <div className="watch-about">
      <Avatar slug={slug} />
      <div className="watch-names">
        <h1>{title}</h1>
        <p className="watch-channel recording-facts">
          <Link to={`/${slug}`}>{slug}</Link>
          <span>{day(at)}</span>
          <span>{clock(durationSec)}</span>
          {children}
        </p>
      </div>
    </div>
  );
}

/** The shape of such a page while it is loaded. */
export function ShowSkeleton({ of }: { of: 'recording' | 'clip' }) {
  return (
    <div className={`watch ${of} skeleton`} data-state="loading" aria-busy="true">
      <div className="stage card-picture" />
      <span className="skeleton-line" />
    </div>
  );
}
