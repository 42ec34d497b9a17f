import { test } from 'tap';
import { decodeAmf0 } from '../../src/ingest/rtmp/amf0.js';
import { MESSAGE } from '../../src/ingest/rtmp/chunk-reader.js';
import { RtmpClient } from '../support/rtmp-client.js';
import { startIngest } from '../support/rtmp-harness.js';

test('the answer to connect says which codecs Enhanced RTMP may bring', async (t) => {
  const ingest = await startIngest(t);
  const client = await RtmpClient.dial({ port: ingest.port });
  await client.handshake();
  client.setChunkSize();
  client.connect('live');
  const { payload } = await client.waitFor(({ type }) => type === MESSAGE.command);
  const [name, transaction, , info] = decodeAmf0(payload, 8);
  t.same([name, transaction], ['_result', 1]);
  t.same(info, new Map(Object.entries({
    level: 'status',
    code: 'NetConnection.Connect.Success',
    description: 'Connection succeeded.',
    objectEncoding: 0,
    fourCcList: ['avc1', 'hvc1', 'av01', 'mp4a'],
    videoFourCcInfoMap: new Map([['avc1', 5], ['hvc1', 5], ['av01', 5]]),
    audioFourCcInfoMap: new Map([['mp4a', 5]]),
  })));
  client.drop();
});
