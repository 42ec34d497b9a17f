export { Packager } from './packager.js';
export type { BroadcastIndex, IndexedRendition, IndexedSegment } from './journal/broadcast-index.js';
export { LivePackage } from './live-package.js';
export type { RenditionFacts } from './live-package.js';
export type { PlaylistEdge, Segment } from './segment.js';
export type { StoredFile } from './store/segment-store.js';
