/** The mark: the sea, and above it the line that its highest tide left. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="logo-sky" width="32" height="32" rx="9" />
      <path className="logo-sea" d="M0 21c3-3.600 6.200-3.600 9.400-1.200s6.600 2.600 10 0S27.600 16.600 32 19.200V23a9 9 0 0 1-9 9H9a9 9 0 0 1-9-9z" />
      <path className="logo-mark" d="M6 11.500h20" />
    </svg>
  );
}

const LINES = [0, 1, 2, 3, 4, 5];

/** Lines that a falling tide leaves on sand; the highest one is the mark. Decoration. */
export function TideLines() {
  return (
    <svg className="tide-lines" viewBox="0 0 600 180" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {LINES.map((line) => (
        <path key={line} className={line === 0 ? 'tide-mark' : 'tide-line'} opacity={line === 0 ? 1 : 0.75 - line * 0.12} d={tideLine(line)} />
      ))}
    </svg>
  );
}

function tideLine(line: number): string {
  const y = 24 + line * 25;
  const swell = 15 - line * 1.5;
  const shift = line * 23;
  return `M${-60 - shift} ${y} q75 ${-swell} 150 0 t150 0 t150 0 t150 0 t150 0 t150 0`;
}
