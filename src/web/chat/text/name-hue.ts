const HUES = 18;

/** The hue of somebody's name, in degrees: the same everywhere, and apart from its neighbours. */
export function nameHue(username: string): number {
  let hash = 2_166_136_261;
  for (const letter of username) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  return ((hash >>> 0) % HUES) * (360 / HUES);
}
