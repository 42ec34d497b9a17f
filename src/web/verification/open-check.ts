import { canCheck } from '../../archive/browser.js';
import type { Api } from '../api/api.js';
import { HlsEngine } from '../playback/hls/hls-engine.js';
import { fileSources } from './file-sources.js';
import { SegmentCheck } from './segment-check.js';

/** Signed every ten seconds. */
const ASK_EVERY_MS = 5_000;

/** Begins to check a broadcast; undefined where that cannot be done. Loaded only by who asks for it. */
export async function openCheck({ api, broadcastId, isLive }: { api: Api; broadcastId: string; isLive: boolean }): Promise<SegmentCheck | undefined> {
  if (!HlsEngine.isSupported || !(await canCheck())) return undefined;
  return new SegmentCheck({
    broadcast: broadcastId,
    load: (from, signal) => api.manifest(broadcastId, { from }, signal),
    everyMs: isLive ? ASK_EVERY_MS : undefined,
    sources: async (signal) => fileSources((await api.server(signal)).ipfsGateways),
  });
}
