import type { HlsConfig, LoadPolicy } from 'hls.js';

/**
 * A playlist that does not come is asked for again, for as long as the page is open: the show may go on a minute later.
 * While a streamer is away the server answers 503 after three target durations; hls.js itself gives up sooner where it
 * asks for a part, and after the time below where segments are long.
 */
const playlistLoadPolicy: LoadPolicy = {
  default: {
    maxTimeToFirstByteMs: 12_000,
    maxLoadTimeMs: 20_000,
    timeoutRetry: { maxNumRetry: Infinity, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: Infinity, retryDelayMs: 500, maxRetryDelayMs: 500, backoff: 'linear' },
  },
};

/** What hls.js does differently here than by itself. */
export const hlsConfig: Partial<HlsConfig> = {
  // CMAF goes to the browser as it is; a worker would only copy it.
  enableWorker: false,
  // Distance and speed are the Pacer's: hls.js needs a second of spare buffer to catch up, which is all there is here.
  maxLiveSyncPlaybackRate: 1,
  liveSyncOnStallIncrease: 0,
  // A playlist stands still while the streamer is away.
  liveMaxUnchangedPlaylistRefresh: Infinity,
  playlistLoadPolicy,
  // The browser then knows the stream as live, and so do the controls.
  liveDurationInfinity: true,
  backBufferLength: 30,
  maxBufferLength: 20,
  capLevelToPlayerSize: true,
  // Start in the middle of the ladder at once instead of spending a segment on measuring.
  abrEwmaDefaultEstimate: 3_000_000,
  testBandwidth: false,
};
