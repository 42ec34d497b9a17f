export { Mp4Plan, planMp4 } from './mp4/mp4-plan.js';
export type { Mp4Segment, Mp4Track } from './mp4/track-reader.js';
