import { useMemo, useState } from 'react';
import type { ArchiveDetails } from '../../api/archive-contract.js';
import { endOf, rowsOf, type Range } from '../bar/bar-layout.js';
import { SegmentBars } from '../bar/segment-bars.js';
import { canVeto } from './progress.js';
import type { Timeline } from './timeline.js';
import { VetoForm } from '../veto/veto-form.js';
import { VetoList } from '../veto/veto-list.js';

/** The show as a picture, and what of it is kept out. */
export function Segments({ archive, timeline, onChanged }: { archive: ArchiveDetails; timeline: Timeline; onChanged: () => void }) {
  const [marked, setMarked] = useState<Range>();
  const { vetoes, state, broadcast } = archive;
  const { files } = timeline;
  const endSec = useMemo(() => Math.ceil(endOf(rowsOf(files)) / 1e6), [files]);
  const isOpen = canVeto(state);
  return (
    <section className="panel" aria-labelledby="segments-title">
      <h2 id="segments-title">Piece by piece</h2>
      {endSec === 0 && <p className="soft">{files.length === 0 ? 'Nothing is planned yet.' : 'Of this show no picture and no sound is stored: only what is on the list below.'}</p>}
      {files.length > 0 && <SegmentBars files={files} marked={isOpen ? marked : undefined} />}
      {vetoes.length > 0 && <VetoList vetoes={vetoes} timeline={timeline} />}
      {isOpen && <VetoForm id={broadcast} timeline={timeline} endSec={endSec} onMarked={setMarked} onVetoed={onChanged} />}
    </section>
  );
}
