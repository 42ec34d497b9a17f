/** Browsers by what only they say of themselves; those who pose as others come first. */
const BROWSERS: [RegExp, string][] = [[/\bEdg/, 'Edge'], [/\bFirefox\//, 'Firefox'], [/Chrome\/|CriOS\//, 'Chrome'], [/\bSafari\//, 'Safari']];

/** What publishes, in a word or two: a browser tells its whole ancestry. */
export function encoderName(encoder: string): string {
  if (!encoder.startsWith('Mozilla/')) return encoder || 'Encoder';
  return BROWSERS.find(([sign]) => sign.test(encoder))?.[1] ?? 'Browser';
}
