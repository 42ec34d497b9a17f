export { clipFileRoutes } from './clip-files.js';
export { clipRoutes } from './clip-routes.js';
export { ClipSources } from './clip-sources.js';
export { Clips } from './clips.js';
