export { opusConfig } from './opus.js';
export { parseVp8KeyFrame } from './vp8.js';
export { parseVp9KeyFrame } from './vp9.js';
