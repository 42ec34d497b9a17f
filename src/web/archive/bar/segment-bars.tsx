import { useMemo, useRef, useState } from 'react';
import type { ArchivedFile } from '../../api/archive-contract.js';
import { clock } from '../../words/time.js';
import { FileFacts } from '../file-facts.js';
import { endOf, rowsOf, type Range } from './bar-layout.js';
import { BarRow } from './bar-row.js';
import { Legend } from './legend.js';
import { Patterns } from './patterns.js';
import { useWidth } from './use-width.js';
import './bar.css';

/** Every segment of every rendition, coloured by its state; the one that is chosen is told about. `marked` is shown to be left out. */
export function SegmentBars({ files, marked }: { files: ArchivedFile[]; marked: Range | undefined }) {
  const rows = useMemo(() => rowsOf(files), [files]);
  const endUs = useMemo(() => endOf(rows), [rows]);
  const [chosen, setChosen] = useState<{ rendition: string; index: number }>();
  const frame = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(frame);
  const file = rows.find(({ rendition }) => rendition === chosen?.rendition)?.segments[chosen?.index ?? 0];
  return (
    <div className="bars">
      <Patterns />
      <Legend files={files} />
      <div className="bar-rows" ref={frame}>
        {rows.map((row) => (
          <div key={row.rendition} className="bar">
            <p className="bar-name">{row.rendition}</p>
            <BarRow row={row} endUs={endUs} widthPx={widthPx} chosen={chosen?.rendition === row.rendition ? chosen.index : undefined}
              onChosen={(index) => setChosen({ rendition: row.rendition, index })} />
          </div>
        ))}
        {marked && <div className="bar-range" style={styleOf(marked, endUs)} aria-hidden="true" />}
        {endUs > 0 && <p className="bar-scale" aria-hidden="true"><span>0:00</span><span>{clock(endUs / 1e6)}</span></p>}
      </div>
      {file ? <FileFacts file={file} /> : rows.length > 0 && <p className="soft">Choose a segment to see what became of it: press on a bar, or go to it with Tab and the arrow keys.</p>}
    </div>
  );
}

/** The range is of whole seconds, and may end after the last segment. */
function styleOf({ fromSec, toSec }: Range, endUs: number) {
  const [from = 0, to = 0] = [fromSec, toSec].map((sec) => Math.min(100, (sec * 1e8) / endUs));
  return { left: `${from}%`, width: `${to - from}%` };
}
