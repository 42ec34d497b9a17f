import { useMemo, type KeyboardEvent, type PointerEvent } from 'react';
import { clock } from '../../words/time.js';
import { FILE_STATES, FILE_WORDS } from '../state-words.js';
import { cellsOf, pathOf, segmentNear, type Row, type Segment } from './bar-layout.js';
import { fillOf } from './patterns.js';
import { movedBy } from './segment-keys.js';

const HEIGHT_PX = 28;
/** The frame around the chosen segment stays visible however many there are. */
const MIN_MARK_PX = 6;
const NEAR_PX = 3;

interface BarRowProps {
  row: Row;
  endUs: number;
  widthPx: number;
  /** Index of the segment that is looked at; undefined when it is in another row. */
  chosen: number | undefined;
  onChosen: (index: number) => void;
}

/** One rendition's segments in time: a slider whose value is a segment. */
export function BarRow({ row, endUs, widthPx, chosen, onChosen }: BarRowProps) {
  const { rendition, segments } = row;
  const at = Math.min(chosen ?? 0, segments.length - 1);
  const segment = segments[at];
  const onKeyDown = (event: KeyboardEvent) => {
    const to = movedBy(event.key, at, segments.length);
    if (to === undefined) return;
    event.preventDefault();
    onChosen(to);
  };
  const choose = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    onChosen(segmentNear(segments, ((event.clientX - left) / width) * endUs, (NEAR_PX / width) * endUs));
  };
  const onPointerDown = (event: PointerEvent<SVGSVGElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    choose(event);
  };
  return (
    <svg className="bar-row" role="slider" tabIndex={0} aria-label={`Segments of ${rendition}`} width={widthPx} height={HEIGHT_PX} viewBox={`0 0 ${widthPx} ${HEIGHT_PX}`}
      aria-valuemin={1} aria-valuemax={segments.length} aria-valuenow={at + 1} aria-valuetext={segment && inWords(segment)}
      onKeyDown={onKeyDown} onFocus={() => chosen ?? onChosen(at)} onPointerDown={onPointerDown} onPointerMove={(event) => event.buttons === 1 && choose(event)}>
      <Cells segments={segments} endUs={endUs} widthPx={widthPx} />
      {chosen !== undefined && segment && <Mark segment={segment} pxPerUs={widthPx / endUs} />}
    </svg>
  );
}

function Cells({ segments, endUs, widthPx }: { segments: Segment[]; endUs: number; widthPx: number }) {
  const cells = useMemo(() => cellsOf(segments, { endUs, widthPx }), [segments, endUs, widthPx]);
  return FILE_STATES.map((state) => {
    const path = pathOf(cells.filter((cell) => cell.state === state), HEIGHT_PX);
    return path === '' ? null : <path key={state} data-state={state} d={path} fill={fillOf(state)} />;
  });
}

function Mark({ segment, pxPerUs }: { segment: Segment; pxPerUs: number }) {
  const width = Math.max(MIN_MARK_PX, segment.durationUs * pxPerUs);
  const x = (segment.startUs + segment.durationUs / 2) * pxPerUs - width / 2;
  return <rect className="bar-mark" x={x} y={1} width={width} height={HEIGHT_PX - 2} rx={2} />;
}

/** `Segment 12, from 0:24 to 0:26, stored`. */
export function inWords({ number, startUs, durationUs, state }: Segment): string {
  return `Segment ${number ?? ''}, from ${clock(startUs / 1e6)} to ${clock((startUs + durationUs) / 1e6)}, ${FILE_WORDS[state].label.toLowerCase()}`;
}
