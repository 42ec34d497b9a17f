import type { MediaChromeMenu } from 'media-chrome/menu';
import { useEffect, useRef, useState } from 'react';
import type { Latency } from '../api/contract.js';
import type { LatencyChoice, LatencyOption } from '../playback/latency/options.js';
import type { Protocol } from '../playback/engine.js';
import type { Playback } from '../playback/playback.js';
import { useName } from './media-elements.js';

interface LatencyMenuProps {
  /** Makes the ids of one player unlike those of another on the same page. */
  playerId: string;
  options: LatencyOption[];
  selected: LatencyChoice;
  onSelect: (choice: LatencyChoice) => void;
  /** Why real time cannot be had. */
  warning: string | undefined;
}

/** The choice of how far behind the live moment to play; it stands in the controller, as the quality menu does. */
export function LatencyMenu({ playerId, options, selected, onSelect, warning }: LatencyMenuProps) {
  const menu = useRef<MediaChromeMenu>(null);
  const now = useRef({ options, onSelect });
  now.current = { options, onSelect };

  useEffect(() => {
    const element = menu.current;
    if (!element) return;
    const onChange = () => {
      const chosen = now.current.options.find(({ choice }) => choice === element.value);
      if (chosen) now.current.onSelect(chosen.choice);
    };
    element.addEventListener('change', onChange);
    return () => element.removeEventListener('change', onChange);
  }, []);

  return (
    <media-settings-menu ref={menu} id={`${playerId}-latency`} anchor={`${playerId}-latency-button`} hidden aria-label="Delay behind live">
      <p slot="header" className="menu-title">Delay behind live</p>
      {warning && <p slot="header" className="menu-warning">{warning}</p>}
      {options.map(({ choice, label, note }) => (
        <media-chrome-menu-item key={choice} type="radio" value={choice} checked={choice === selected ? '' : undefined}>
          <span className="quality-label">{label}</span>
          <span className="quality-note">{note}</span>
        </media-chrome-menu-item>
      ))}
    </media-settings-menu>
  );
}

const MEASURE_MS = 1_000;

/** Opens the menu and shows how far behind the live moment the picture is, measured, and how it comes. */
export function LatencyButton({ playerId, playback, latency, protocol }: { playerId: string; playback: Playback; latency: Latency; protocol: Protocol }) {
  const button = useRef<HTMLElement>(null);
  const behind = useBehind(playback);
  useName(button, behind === undefined ? `Delay, by ${protocol}` : `Delay: ${behind} behind live, by ${protocol}`);
  return (
    <media-settings-menu-button
      ref={button}
      id={`${playerId}-latency-button`}
      class="latency-button"
      invoketarget={`${playerId}-latency`}
      data-latency={latency}
      notooltip=""
    >
      <span slot="icon">
        {behind ?? '…'}
        <small>{protocol}</small>
      </span>
    </media-settings-menu-button>
  );
}

/** `1.2 s`, `0.04 s`, as measured now. */
function useBehind(playback: Playback): string | undefined {
  const [behindSec, setBehindSec] = useState<number>();
  useEffect(() => {
    const measure = () => setBehindSec(playback.figures.latencySec);
    measure();
    const timer = setInterval(measure, MEASURE_MS);
    return () => clearInterval(timer);
  }, [playback]);
  return behindSec === undefined ? undefined : `${behindSec.toFixed(behindSec < 0.095 ? 2 : 1)} s`;
}
