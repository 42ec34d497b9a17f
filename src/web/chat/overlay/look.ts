/** How an overlay looks, as its address says. */
export interface OverlayLook {
  /** Seconds after which a message goes; 0: it stays. */
  fadeSec: number;
  /** So many at a time. */
  max: number;
  /** CSS variables. */
  style: Record<string, string>;
}

const COLOUR = /^[0-9a-f]{3,8}$/i;
const FONT = /^[\p{L}\d ,_-]{1,80}$/u;

/** Reads `?fade=20&max=8&size=28&color=fff&background=0008&font=Inter&align=right`; what is not understood is left out. */
export function overlayLook(query: URLSearchParams): OverlayLook {
  const [color, background, font] = ['color', 'background', 'font'].map((name) => query.get(name) ?? '');
  const size = boundedNumber(query.get('size'), { min: 8, max: 120 });
  const style = {
    ...(size === undefined ? {} : { '--overlay-size': `${size}px` }),
    ...(COLOUR.test(color ?? '') ? { '--overlay-color': `#${color}` } : {}),
    ...(COLOUR.test(background ?? '') ? { '--overlay-background': `#${background}` } : {}),
    ...(FONT.test(font ?? '') ? { '--overlay-font': font ?? '' } : {}),
    ...(query.get('align') === 'right' ? { '--overlay-align': 'flex-end' } : {}),
  };
  return { fadeSec: boundedNumber(query.get('fade'), { min: 0, max: 3_600 }) ?? 0, max: boundedNumber(query.get('max'), { min: 1, max: 100 }) ?? 15, style };
}

function boundedNumber(text: string | null, { min, max }: { min: number; max: number }): number | undefined {
  const value = text === null || text === '' ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : undefined;
}
