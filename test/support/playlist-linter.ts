/*
 * Checks playlists against RFC 8216bis (draft-pantos-hls-rfc8216bis-20) and the promises of our packager.
 * Each problem is one sentence that ends with the section of the rule it breaks.
 */
export { lintMediaPlaylist } from './playlist-linter-media.js';
export { lintBandwidth, lintMultivariantPlaylist } from './playlist-linter-multivariant.js';
export type { BandwidthSource } from './playlist-linter-multivariant.js';
export { lintRenditions, lintReports } from './playlist-linter-renditions.js';
export { PlaylistSeries, lintDelta, lintSeries } from './playlist-linter-series.js';
