import type { LatencyCase } from './case.js';
import { BROADCAST, NO_LOOK_AHEAD, NO_LOOK_AHEAD_SHORT } from './encoding.js';
import type { Encoding } from './encoding.js';

/** One server and one publisher, and what is measured of them, one after the other. */
export interface Scene {
  ladder: 'off' | string[];
  encoding: Encoding;
  cases: LatencyCase[];
}

const SOURCE = { quality: 'source', height: 720 };
const RUNG = { quality: '360p', height: 360 };
const REAL_TIME = { through: 'direct', latency: 'real-time', quality: undefined, height: undefined } as const;

const SCENES: Scene[] = [
  {
    ladder: ['360p'],
    encoding: NO_LOOK_AHEAD,
    cases: [
      { name: 'source-direct', through: 'direct', latency: 'ultra-low', ...SOURCE },
      { name: '360p-direct', through: 'direct', latency: 'ultra-low', ...RUNG },
      { name: 'source-nginx', through: 'nginx', latency: 'ultra-low', ...SOURCE },
      { name: '360p-nginx', through: 'nginx', latency: 'ultra-low', ...RUNG },
      { name: 'source-direct-balanced', through: 'direct', latency: 'balanced', ...SOURCE },
      { name: 'source-direct-stable', through: 'direct', latency: 'stable', ...SOURCE },
    ],
  },
  // As a router would do it: nothing is encoded but the sound.
  { ladder: 'off', encoding: NO_LOOK_AHEAD_SHORT, cases: [{ name: 'realtime-passthrough', ...REAL_TIME }] },
  { ladder: ['360p'], encoding: NO_LOOK_AHEAD_SHORT, cases: [{ name: 'realtime-passthrough-360p', ...REAL_TIME }] },
  // Of these rungs, those that the server has a place for: the one nearest to 720p plays.
  { ladder: ['720p', '480p'], encoding: BROADCAST, cases: [{ name: 'realtime-bframes', ...REAL_TIME }] },
];
/** Measured by {@link measureLipSync}, with a publisher of its own. */
export const LIP_SYNC = 'realtime-lip-sync';

/**
 * Those of the scenes in which something is to be measured. @param names of cases; empty: all.
 * @throws when there is no case of such a name.
 */
export function scenesOf(names: string[]): Scene[] {
  const known = [...SCENES.flatMap(({ cases }) => cases.map(({ name }) => name)), LIP_SYNC];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`--cases: ${unknown.join(', ')} is none of ${known.join(', ')}`);
  return SCENES.map((scene) => ({ ...scene, cases: scene.cases.filter(({ name }) => names.length === 0 || names.includes(name)) })).filter(({ cases }) => cases.length > 0);
}
