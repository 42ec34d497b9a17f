export { WebRtc } from './webrtc.js';
export { LiveFeed } from './feed/live-feed.js';
export type { OpenOpus } from './feed/live-feed.js';
export { whepRoutes } from './whep/whep-routes.js';
