const BARS = 28;

/** Stands in for the picture while only sound is played. */
export function SoundWave({ title, isPlaying }: { title: string; isPlaying: boolean }) {
  return (
    <div slot="centered-chrome" className="sound-wave" data-playing={isPlaying} aria-hidden="true" noautohide="">
      <svg viewBox={`0 0 ${BARS * 10} 80`}>
        {Array.from({ length: BARS }, (_, index) => (
          <rect key={index} x={index * 10 + 3} y={40 - barHeight(index) / 2} width="4" height={barHeight(index)} rx="2" />
        ))}
      </svg>
      <p>{title}</p>
    </div>
  );
}

/** A still swell, highest in the middle. */
function barHeight(index: number): number {
  const swell = Math.sin(((index + 0.5) / BARS) * Math.PI);
  return 8 + swell * (34 + 26 * Math.sin(index * 1.7));
}
