import { useEffect, useState, type FocusEvent, type PointerEvent } from 'react';
import { loadStoryboard } from './load-storyboard.js';
import { pickTiles, type Tile } from './storyboard.js';
import './pictures.css';

const STEP_MS = 700;
const STEPS = 12;

/** Whether a card is pointed at or has the keyboard's focus, with the handlers that tell; never where motion is unwanted. */
export function usePreviewing() {
  const [isPreviewing, setPreviewing] = useState(false);
  const begin = () => setPreviewing(!window.matchMedia('(prefers-reduced-motion: reduce)').matches);
  const end = () => setPreviewing(false);
  return {
    isPreviewing,
    handlers: {
      // A finger that scrolls over a card asks for nothing.
      onPointerEnter: (event: PointerEvent) => event.pointerType === 'mouse' && begin(),
      onPointerLeave: end,
      onFocus: (event: FocusEvent) => event.target.matches(':focus-visible') && begin(),
      onBlur: end,
    },
  };
}

/** Steps through the pictures of a show, over its poster. Nothing is shown until the first one is there. */
export function MovingPreview({ storyboard }: { storyboard: string }) {
  const [tiles, setTiles] = useState<Tile[]>([]);
  const [step, setStep] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    // A show without pictures keeps its poster.
    loadStoryboard(storyboard, ended.signal).then((all) => setTiles(pickTiles(all, STEPS)), () => undefined);
    return () => ended.abort();
  }, [storyboard]);
  useEffect(() => {
    const timer = setInterval(() => setStep((last) => last + 1), STEP_MS);
    return () => clearInterval(timer);
  }, []);
  const tile = tiles[step % Math.max(1, tiles.length)];
  return tile ? <TilePicture tile={tile} /> : null;
}

/** The sheet, as large as makes one tile fill the frame, moved so that this is the right one. */
function TilePicture({ tile: { sheet, x, y, width, height } }: { tile: Tile }) {
  const [columns, setColumns] = useState(0);
  return (
    <div className="picture-tile">
      <img src={sheet} alt="" hidden={columns === 0} onLoad={(event) => setColumns(event.currentTarget.naturalWidth / width)}
        style={{ width: `${columns * 100}%`, left: `${(-x / width) * 100}%`, top: `${(-y / height) * 100}%` }} />
    </div>
  );
}
