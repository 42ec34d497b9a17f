export { healthRoute } from './health-route.js';
export { hlsRoutes } from './hls/hls-routes.js';
export { liveRoutes } from './live-routes.js';
export type { HlsPackages, LiveShow, LiveShows } from './live.js';
export { pages } from './pages.js';
export { Viewers } from './viewers.js';
export { WaitingRequests } from './hls/waiting-requests.js';
