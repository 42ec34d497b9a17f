import { useEffect, useRef } from 'react';
import { barShare, heldLevel, loudnessOf, NO_LEVEL, type Loudness } from './capture/level.js';
import type { Mixer } from './capture/mixer.js';

const LOOK_EVERY_MS = 66;
const WORDS: Record<Loudness, string> = { silent: 'No sound', quiet: 'Quiet', good: 'Good', loud: 'Too loud' };

/** How loud viewers hear it, as a bar and as a word. */
export function LevelMeter({ mixer, isMuted }: { mixer: Mixer; isMuted: boolean }) {
  const meter = useRef<HTMLDivElement>(null);
  const word = useRef<HTMLSpanElement>(null);

  // Fifteen times a second, past React: nothing else on the page changes with it.
  useEffect(() => {
    let level = NO_LEVEL;
    const look = () => {
      level = heldLevel(level, mixer.level, LOOK_EVERY_MS);
      const loudness = loudnessOf(level);
      const text = wordsOf(loudness, { isMuted, isRunning: mixer.isRunning });
      meter.current?.style.setProperty('--share', String(barShare(level)));
      meter.current?.setAttribute('aria-valuenow', String(Math.round(barShare(level) * 100)));
      meter.current?.setAttribute('aria-valuetext', text);
      meter.current?.setAttribute('data-loudness', loudness);
      if (word.current && word.current.textContent !== text) word.current.textContent = text;
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [mixer, isMuted]);

  return (
    <div className="level">
      <div ref={meter} className="level-bar" role="meter" aria-label="Sound level" aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} />
      <span ref={word} className="level-word" aria-hidden="true" />
    </div>
  );
}

function wordsOf(loudness: Loudness, { isMuted, isRunning }: { isMuted: boolean; isRunning: boolean }): string {
  if (!isRunning) return 'Click to start';
  return isMuted && loudness === 'silent' ? 'Muted' : WORDS[loudness];
}
