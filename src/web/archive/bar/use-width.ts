import { useLayoutEffect, useState, type RefObject } from 'react';

/** Whole pixels that an element is wide, now and when that changes; 0 before it is there. */
export function useWidth(element: RefObject<Element>): number {
  const [widthPx, setWidthPx] = useState(0);
  useLayoutEffect(() => {
    const shown = element.current;
    if (!shown) return;
    const measure = () => setWidthPx(Math.floor(shown.getBoundingClientRect().width));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(shown);
    return () => observer.disconnect();
  }, [element]);
  return widthPx;
}
