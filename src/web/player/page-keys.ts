import type { MediaController } from 'media-chrome';
import { useEffect, type RefObject } from 'react';

const PLAYER_KEYS = ['k', 'm', 'f', ' '];

/**
 * Lets the player's keys work while nothing else on the page has the focus: space and k play and pause, m mutes,
 * f fills the screen, i shows statistics. Inside the player media-chrome listens itself, arrows included.
 */
export function usePageKeys(controller: RefObject<MediaController>, options: { isOn: boolean; onStats: () => void }): void {
  const { isOn, onStats } = options;
  useEffect(() => {
    if (!isOn) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const place = placeOf(event.target, controller.current);
      if (event.key === 'i' && place !== 'elsewhere') onStats();
      if (place !== 'page' || !PLAYER_KEYS.includes(event.key)) return;
      event.preventDefault(); // space would scroll
      controller.current?.keyboardShortcutHandler(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [controller, isOn, onStats]);
}

function placeOf(target: EventTarget | null, controller: MediaController | null): 'page' | 'player' | 'elsewhere' {
  if (!(target instanceof Element)) return 'elsewhere';
  if (controller?.contains(target)) return 'player';
  return target.closest('a, button, input, select, textarea, summary, dialog, [role=log], [contenteditable]') ? 'elsewhere' : 'page';
}
