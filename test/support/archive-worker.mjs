// The queue of the built archive as a process of its own, so that it can be killed:
//   node archive-worker.mjs '{"databaseUrl", "mediaDir", "keySecret", "wallet", "postUrl", "checkUrl", "startMs", "speed"}'
// It prints `ready`, and works from the first byte on its input until it is killed.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ArweaveGateway } from '../../dist/archive/arweave/gateway.js';
import { Wallets } from '../../dist/archive/arweave/wallets.js';
import { SigningKeys } from '../../dist/archive/keys/signing-keys.js';
import { PermanentArchive } from '../../dist/archive/permanent-archive.js';
import { Database } from '../../dist/platform/db/database.js';

const { databaseUrl, mediaDir, keySecret, wallet, postUrl, checkUrl, startMs, speed } = JSON.parse(process.argv[2]);
// Two: what is seeded waits for another block.
const CONFIG = { confirmations: 2, dryRun: false, broadcastBudgetAr: 1_000, dayBudgetAr: 1_000, monthBudgetAr: 1_000 };
const LOOK_MS = 5;

const log = { debug() {}, info() {}, warn() {}, error: (message, fields) => console.error(message, fields), child: () => log };
/** Faster than time: the lease of who was killed is over soon. */
const now = () => new Date(startMs + (Date.now() - startMs) * speed);
const { db } = new Database({ url: databaseUrl, dataDir: mediaDir, migrations: {}, log });
const keys = new SigningKeys({ db, keySecret, dataDir: mediaDir, log });
await keys.start();
const [post, check] = [postUrl, checkUrl].map((url) => new ArweaveGateway({ url }));
const wallets = new Wallets({ files: [wallet], balanceOf: (address, signal) => post.balance(address, signal), lowWinston: 0n, log });
const archive = new PermanentArchive({
  db, mediaDir, keys, log, now,
  config: CONFIG,
  network: { post: [post], check: [check], wallets },
  manifests: { find: async () => undefined },
  broadcasts: { visibilityOf: async () => 'public', playlistsOf: async () => [{ name: 'master.m3u8', text: '#EXTM3U\n' }] },
});
await wallets.start();
await wallets.refresh();

console.log('ready');
await once(process.stdin, 'data');
for (;;) {
  await archive.work();
  await delay(LOOK_MS);
}
