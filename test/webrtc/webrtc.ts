import t from 'tap';
import { WebRtc } from '../../src/webrtc/index.js';
import { recordingLog } from '../support/log.js';

const MISSING = 'there is no mediasoup worker';

t.test('without a worker no media is kept, and the streamer is told why', async (t) => {
  const webrtc = new WebRtc({
    config: { enabled: true, workerBin: '', port: 0, announcedAddress: '', workers: 1, maxViewersPerWorker: 1, stunUrls: [], turn: { urls: [], secret: '', credentialTtlSec: 60 } },
    bindAddress: '127.0.0.1',
    workers: 1,
    onWatching: () => undefined,
    publishing: { maxBitrateKbps: 1, maxFrameBytes: 1, idleTimeoutMs: 1 },
    missing: MISSING,
    log: recordingLog(),
  });
  const openOpus = () => { throw new Error('nothing is to be encoded'); };
  t.equal(webrtc.open({ id: 'b1', slug: 'ada', epochMs: 0, publicationId: () => undefined, facts: () => ({ hasBFrames: false }), openOpus }), undefined);
  t.equal(webrtc.noteOf('b1'), MISSING);
  t.notOk(webrtc.isPossible('b1'));
});
