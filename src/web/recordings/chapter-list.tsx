import type { RefObject } from 'react';
import type { Chapter } from '../api/contract.js';
import { clock } from '../words/time.js';
import { usePlace } from './use-place.js';

/** The chapters as buttons that go there; the one that plays is marked. */
export function ChapterList({ chapters, video, onSeek }: { chapters: Chapter[]; video: RefObject<HTMLVideoElement>; onSeek: (sec: number) => void }) {
  const placeSec = usePlace(video);
  const current = chapters.findLast(({ startSec }) => startSec <= placeSec) ?? chapters[0];
  return (
    <section className="chapters" aria-labelledby="chapters-title">
      <h2 id="chapters-title">Chapters</h2>
      <ol>
        {chapters.map((chapter) => (
          <li key={chapter.startSec}>
            <button type="button" className="chapter" aria-current={chapter === current} onClick={() => onSeek(chapter.startSec)}>
              <span className="chapter-time">{clock(chapter.startSec)}</span> {chapter.title}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
