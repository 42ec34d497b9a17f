/** A seascape: colours and shapes that are the same for the same slug everywhere. */
export interface CoverArt {
  sky: [top: string, horizon: string];
  /** Sun or moon. */
  disc: { x: number; y: number; radius: number; colour: string };
  /** Path data, farthest first, each with its colour. */
  waves: { path: string; colour: string }[];
}

export const COVER_WIDTH = 320;
export const COVER_HEIGHT = 180;

/** Seas at different hours: sky from the top to the horizon, disc, water from far to near. */
const HOURS: { sky: [string, string]; disc: string; water: string[] }[] = [
  { sky: ['#0a2a3f', '#1f6f78'], disc: '#f6e7c1', water: ['#1a6672', '#12505f', '#0c3b4b', '#082936'] }, // night
  { sky: ['#27456b', '#f0a07c'], disc: '#ffe3b8', water: ['#6f6f8d', '#465a7d', '#2b4466', '#182e4b'] }, // dusk
  { sky: ['#3c7f9e', '#cfe6df'], disc: '#fff6e0', water: ['#5fa9b0', '#3a8b99', '#256d80', '#164f64'] }, // noon
  { sky: ['#2b5563', '#f3c59b'], disc: '#fff0cf', water: ['#6d9a97', '#447d83', '#2a606c', '#184452'] }, // dawn
  { sky: ['#0d2b33', '#3b8f7f'], disc: '#d9f5e1', water: ['#2f8578', '#1f6a64', '#144f4e', '#0b3739'] }, // lagoon
  { sky: ['#1b2743', '#6d6a9c'], disc: '#f1e6ff', water: ['#565b8b', '#3d4673', '#29345b', '#182242'] }, // blue hour
  { sky: ['#3b4c57', '#a9bcbd'], disc: '#eef3ee', water: ['#7d989c', '#5b7a82', '#3f5f69', '#284650'] }, // fog
  { sky: ['#41264a', '#e0796b'], disc: '#ffd9b0', water: ['#8a5270', '#603f66', '#3f3056', '#261f3f'] }, // afterglow
];

/** The picture that stands for a channel until it has one of its own. */
export function coverArt(slug: string): CoverArt {
  const next = randomOf(slug);
  const hour = HOURS[Math.floor(next() * HOURS.length)] ?? HOURS[0];
  if (!hour) throw new Error('there are no hours');
  const horizon = 84 + next() * 20;
  const radius = 16 + next() * 16;
  const disc = { x: round(60 + next() * 200), y: round(horizon - next() * 34), radius: round(radius), colour: hour.disc };
  const waves = hour.water.map((colour, index) => ({
    path: wavePath(horizon + (index * (COVER_HEIGHT - horizon)) / hour.water.length, 3 + index * 2.5 + next() * 3, next),
    colour,
  }));
  return { sky: hour.sky, disc, waves };
}

/** Water from a wavy surface at `y` down to the lower edge. */
function wavePath(y: number, height: number, next: () => number): string {
  const length = 70 + next() * 80;
  let x = -next() * length;
  let path = `M${round(x)} ${round(y)}`;
  while (x < COVER_WIDTH) {
    path += `q${round(length / 4)} ${round(-height)} ${round(length / 2)} 0t${round(length / 2)} 0`;
    x += length;
  }
  return `${path}V${COVER_HEIGHT}H0z`;
}

/** Numbers from 0 to 1 that follow from a text (FNV-1a, then mulberry32). */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
