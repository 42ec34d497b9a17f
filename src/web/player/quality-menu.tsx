import type { MediaChromeMenu } from 'media-chrome/menu';
import { useEffect, useRef } from 'react';
import { qualityWords, type Quality, type QualityOption } from '../playback/quality.js';
import { useName } from './media-elements.js';

interface QualityMenuProps {
  /** Makes the ids of one player unlike those of another on the same page. */
  playerId: string;
  options: QualityOption[];
  selected: Quality;
  onSelect: (quality: Quality) => void;
}

/** The menu itself; it stands in the controller, beside the control bar, so that it can open above it. */
export function QualityMenu({ playerId, options, selected, onSelect }: QualityMenuProps) {
  const menu = useRef<MediaChromeMenu>(null);
  const onSelectNow = useRef(onSelect);
  onSelectNow.current = onSelect;

  useEffect(() => {
    const element = menu.current;
    if (!element) return;
    const onChange = () => onSelectNow.current(element.value);
    element.addEventListener('change', onChange);
    return () => element.removeEventListener('change', onChange);
  }, []);

  return (
    <media-settings-menu ref={menu} id={`${playerId}-quality`} anchor={`${playerId}-quality-button`} hidden aria-label="Quality">
      {options.map(({ quality, label, note }) => (
        <media-chrome-menu-item key={quality} type="radio" value={quality} checked={quality === selected ? '' : undefined}>
          <span className="quality-label">{label}</span>
          <span className="quality-note">{note}</span>
        </media-chrome-menu-item>
      ))}
    </media-settings-menu>
  );
}

/** Opens the menu and says what is chosen. */
export function QualityButton({ playerId, options, selected }: Omit<QualityMenuProps, 'onSelect'>) {
  const button = useRef<HTMLElement>(null);
  const { chosen, now } = qualityWords(options, selected);
  useName(button, `Quality: ${chosen}${now ? ` · ${now}` : ''}`);
  return (
    <media-settings-menu-button
      ref={button}
      id={`${playerId}-quality-button`}
      class="quality-button"
      invoketarget={`${playerId}-quality`}
      notooltip=""
    >
      <span slot="icon">{chosen}{now && <span className="quality-now"> · {now}</span>}</span>
    </media-settings-menu-button>
  );
}
