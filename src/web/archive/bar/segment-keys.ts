/** Where a key moves the place on a bar of `count` segments; undefined for a key of the browser's. As sliders do (WAI-ARIA APG). */
export function movedBy(key: string, at: number, count: number): number | undefined {
  const to = targetOf(key, at, count);
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to));
}

function targetOf(key: string, at: number, count: number): number | undefined {
  const page = Math.max(1, Math.round(count / 10));
  switch (key) {
    case 'ArrowLeft': case 'ArrowDown': return at - 1;
    case 'ArrowRight': case 'ArrowUp': return at + 1;
    case 'PageDown': return at - page;
    case 'PageUp': return at + page;
    case 'Home': return 0;
    case 'End': return count - 1;
    default: return undefined;
  }
}
