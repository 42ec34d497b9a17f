export { WebRtc } from './webrtc.js';
export { LiveFeed } from './feed/live-feed.js';
export type { OpenOpus } from './feed/live-feed.js';
export { whepRoutes } from './whep/whep-routes.js';
export { whipRoutes } from './whip/whip-routes.js';
export { WhipSessions } from './whip/whip-sessions.js';
