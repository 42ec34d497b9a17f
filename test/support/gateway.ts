import { createServer } from 'node:http';
import { gatewayRoutes } from '../../src/archive/index.js';
import { createHttpApp } from '../../src/platform/index.js';
import type { Db } from '../../src/platform/index.js';
import { recordingLog } from './log.js';
import { storeRecording } from './stored-recording.js';
import type { StoredRecording } from './stored-recording.js';
import type { Cleanup } from './until.js';

export interface GatewaySite extends StoredRecording {
  url: string;
  /** The folder. */
  root: string;
  /** A segment of one block, and one of three chunks. */
  small: string;
  large: string;
}

/** A gateway that has one recording. */
export async function openGateway(t: Cleanup, db: Db, broadcastId: string): Promise<GatewaySite> {
  const recording = await storeRecording(t, db, broadcastId);
  const app = createHttpApp({ trustProxy: 0, bare: [{ path: '/', handler: gatewayRoutes({ store: recording.store, corsOrigin: '*' }) }], routes: [], log: recordingLog() });
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const cidOf = (name: string): string => recording.cids.get(name) ?? '';
  return { ...recording, url, root: recording.folder.toString(), small: cidOf('source/0.m4s'), large: cidOf('source/1.m4s') };
}
