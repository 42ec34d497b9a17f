import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Pins, pinTargets } from '../../src/archive/index.js';
import { carOf } from '../../src/archive/gateway/unixfs.js';
import { KuboNode } from '../../src/archive/ipfs/kubo-node.js';
import { PinningService } from '../../src/archive/ipfs/pinning-service.js';
import type { Db } from '../../src/platform/index.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { openKubo } from '../support/kubo.js';
import type { FakeKubo } from '../support/kubo.js';
import { recordingLog } from '../support/log.js';
import { openPinningService } from '../support/pinning-service.js';
import { LARGE, storeRecording } from '../support/stored-recording.js';
import { until } from '../support/until.js';

const DAY_MS = 86_400_000;

/** One recording, and the targets that it should be on. Time stands still until the test moves it. */
async function setUp(t: Test, db: Db, ipfs: { apiUrls: string[]; pinningUrl?: string; pinningToken?: string }) {
  const id = randomUUID();
  const recording = await storeRecording(t, db, id);
  const clock = { now: new Date('2026-01-01T00:00:00Z') };
  const site = { isPublic: true };
  const log = recordingLog();
  const openPins = (): Pins => {
    const pins = new Pins({
      db, log,
      targets: pinTargets({ pinningUrl: '', pinningToken: '', gatewayUrls: [], ...ipfs }),
      blocks: recording.store,
      isPublic: async () => site.isPublic,
      findFolder: async () => recording.folder,
      listRecordings: async () => [id],
      now: () => clock.now,
      random: () => 0.5,
    });
    t.after(() => pins.stop());
    return pins;
  };
  const pins = openPins();
  const stateOf = async (at = 0): Promise<string | undefined> => (await pins.pinsOf(id))[at]?.state;
  const error = async (): Promise<string> => until('an error', async () => (await pins.pinsOf(id))[0]?.error ?? undefined);
  /** So much later, everything that is due is looked at. */
  const later = async (ms: number): Promise<void> => {
    clock.now = new Date(clock.now.getTime() + ms);
    await pins.refresh(id);
  };
  return { id, pins, openPins, recording, site, log, stateOf, error, later, root: recording.folder.toString(), cid: (name: string) => recording.cids.get(name) ?? '' };
}

async function pinned(kubo: FakeKubo, root: string): Promise<true> {
  return until('the pin', () => kubo.pins.has(root) || undefined);
}

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('a recording is on every node, block by block, and a deleted one on none', async (t) => {
      const [one, other] = [await openKubo(t), await openKubo(t)];
      const { pins, site, root, cid, later, ...rest } = await setUp(t, db, { apiUrls: [one.url, other.url] });
      await pins.start();
      for (const kubo of [one, other]) {
        await pinned(kubo, root);
        t.equal(kubo.blocks.size, 1 + 1 + 1 + 1 + 1 + 3, 'two folders, a playlist, a segment, a node and its chunks');
        t.ok(kubo.blocks.has(cid('source/1.m4s')));
        t.equal([...kubo.blocks.values()].filter(({ length }) => length === 1 << 20).length, Math.floor(LARGE.length / (1 << 20)));
      }
      await until('both rows', async () => (await rest.stateOf(0) === 'pinned' && await rest.stateOf(1) === 'pinned') || undefined);
      t.same((await pins.nodes()).map(({ isUp, waiting }) => ({ isUp, waiting })), [{ isUp: true, waiting: 0 }, { isUp: true, waiting: 0 }]);
      site.isPublic = false;
      await later(0);
      await until('no pins', () => (one.pins.size + other.pins.size === 0) || undefined);
      await until('no rows', async () => (await rest.stateOf() === undefined) || undefined);
    });

    t.test('what a node lost is given to it again', async (t) => {
      const kubo = await openKubo(t);
      const { pins, root, stateOf, later } = await setUp(t, db, { apiUrls: [kubo.url] });
      await pins.start();
      await pinned(kubo, root);
      await until('the row', async () => (await stateOf() === 'pinned') || undefined);
      const imports = (): number => kubo.asked.filter((command) => command === 'dag/import').length;
      t.equal(imports(), 1);
      await later(DAY_MS);
      await until('another look', () => (kubo.asked.filter((command) => command === 'pin/ls').length >= 3) || undefined);
      t.equal(imports(), 1, 'what is there is not sent again');
      kubo.pins.clear();
      await later(DAY_MS);
      await pinned(kubo, root);
      t.equal(imports(), 2);
    });

    t.test('a node that is down is left alone, then used again', async (t) => {
      const kubo = await openKubo(t);
      kubo.interfere = (_, response) => {
        response.writeHead(502).end();
        return true;
      };
      const { pins, log, root, later } = await setUp(t, db, { apiUrls: [kubo.url] });
      await pins.start();
      const [down] = await until('the node to be down', async () => {
        const nodes = await pins.nodes();
        return nodes[0]?.isUp === false && nodes[0].waiting > 0 ? nodes : undefined;
      });
      t.match(down, { kind: 'kubo', waiting: 1, error: /./ });
      const before = kubo.asked.length;
      for (let at = 0; at < 20; at++) await later(0);
      t.equal(kubo.asked.length, before, 'the breaker is open');
      t.same([...new Set(kubo.asked)], ['version'], 'nothing but a question was sent to it');
      kubo.interfere = () => false;
      await later(3_600_000);
      await pinned(kubo, root);
      t.equal(log.lines.filter(({ message }) => message === 'the target for pins does not answer').length, 1, 'told once');
    });

    t.test('a node that says it pinned, and did not, is not believed', async (t) => {
      const kubo = await openKubo(t);
      kubo.isForgetful = true;
      const { pins, root, stateOf, error, later } = await setUp(t, db, { apiUrls: [kubo.url] });
      await pins.start();
      t.match(await error(), /does not list it/);
      await until('eight tries', async () => {
        await later(3_600_000);
        return (await stateOf() === 'failed') || undefined;
      });
      kubo.isForgetful = false;
      await later(DAY_MS);
      await pinned(kubo, root);
      await until('the row', async () => (await stateOf() === 'pinned') || undefined);
    });

    t.test('what a node says goes into the database, whatever it is', async (t) => {
      const kubo = await openKubo(t);
      kubo.interfere = (command, response) => {
        if (command !== 'dag/import') return false;
        response.writeHead(500, { 'Content-Type': 'application/json' }).end(JSON.stringify({ Message: 'no\u0000\u001b[2J room' }));
        return true;
      };
      const { pins, error, stateOf } = await setUp(t, db, { apiUrls: [kubo.url] });
      await pins.start();
      t.equal(await error(), 'no [2J room');
      t.not(await stateOf(), 'pinned');
    });

    t.test('a node that dies while it is sent to has it the next time', async (t) => {
      const kubo = await openKubo(t);
      let deaths = 0;
      kubo.interfere = (command, response) => {
        if (command !== 'dag/import' || deaths > 0) return false;
        deaths++;
        response.socket?.destroy();
        return true;
      };
      const { pins, root, stateOf, error, later } = await setUp(t, db, { apiUrls: [kubo.url] });
      await pins.start();
      t.match(await error(), /./);
      t.not(await stateOf(), 'pinned');
      await later(60_000);
      await pinned(kubo, root);
      t.equal(deaths, 1);
    });

    t.test('a node that takes nothing is not waited for', async (t) => {
      const kubo = await openKubo(t);
      kubo.interfere = (command) => command === 'dag/import';
      const { recording, root } = await setUp(t, db, { apiUrls: [] });
      const node = new KuboNode({ apiUrl: kubo.url, stallMs: 200 });
      const folder = { cid: root, name: 'x', requestId: undefined, car: () => carOf(recording.store, recording.folder) };
      await t.rejects(node.pin(folder, new AbortController().signal), { message: /took nothing for 0\.2 s/ });
    });

    t.test('what retention deleted is told as it is', async (t) => {
      const kubo = await openKubo(t);
      const { id, pins, recording, error, root } = await setUp(t, db, { apiUrls: [kubo.url] });
      await rm(path.join(recording.mediaDir, id, 'source/0.m4s'));
      await pins.start();
      t.match(await error(), /no such content/);
      t.match(await pins.nodes(), [{ isUp: true, error: null }], 'which is not the node\'s failure');
      t.notOk(kubo.pins.has(root), 'half a recording is pinned nowhere');
    });

    t.test('a stop gives back what is under way, and another server takes it up', async (t) => {
      const kubo = await openKubo(t);
      kubo.interfere = (command) => command === 'dag/import';
      const { pins, openPins, stateOf, root } = await setUp(t, db, { apiUrls: [kubo.url] });
      await pins.start();
      await until('an import', () => kubo.asked.includes('dag/import') || undefined);
      await pins.stop();
      t.equal(await stateOf(), 'waiting');
      kubo.interfere = () => false;
      await openPins().start();
      await pinned(kubo, root);
      await until('the row', async () => (await stateOf() === 'pinned') || undefined);
    });

    t.test('two servers send a recording once', async (t) => {
      const kubo = await openKubo(t);
      const { pins, openPins, stateOf } = await setUp(t, db, { apiUrls: [kubo.url] });
      await Promise.all([pins.start(), openPins().start()]);
      await until('the row', async () => (await stateOf() === 'pinned') || undefined);
      t.equal(kubo.asked.filter((command) => command === 'dag/import').length, 1);
    });

    t.test('a password in the address goes into a header, and into no name', async (t) => {
      const kubo = await openKubo(t);
      const { pins, root } = await setUp(t, db, { apiUrls: [kubo.url.replace('//', '//ada:sea%20salt@')] });
      await pins.start();
      await pinned(kubo, root);
      t.equal(kubo.authorization, `Basic ${Buffer.from('ada:sea salt').toString('base64')}`);
      t.equal((await pins.nodes())[0]?.target, kubo.url);
    });

    t.test('a pinning service is told the CID and where it is, and asked until it has it', async (t) => {
      const [kubo, service] = [await openKubo(t), await openPinningService(t)];
      const { pins, id, site, root, later, log } = await setUp(t, db, { apiUrls: [kubo.url], pinningUrl: service.url, pinningToken: service.token });
      const ofService = async () => (await pins.pinsOf(id)).find(({ kind }) => kind === 'pinning-service');
      await pins.start();
      const [requestId, request] = await until('the request', () => [...service.pins][0]);
      t.match(request.pin, { cid: root, origins: ['/ip4/203.0.113.7/tcp/4001'] });
      await until('its state', async () => ((await ofService())?.state === 'pinning') || undefined);
      request.status = 'failed';
      await later(60_000);
      await until('the failure', async () => (await ofService())?.error ?? undefined);
      t.notOk(service.pins.has(requestId), 'a failed request is taken back');
      await later(60_000);
      const [, again] = await until('another request', () => [...service.pins][0]);
      again.status = 'pinned';
      await later(60_000);
      await until('its state', async () => ((await ofService())?.state === 'pinned') || undefined);
      t.equal(service.pins.size, 1, 'asked again, not sent again');
      site.isPublic = false;
      await later(0);
      await until('no pins', () => (service.pins.size === 0) || undefined);
      t.notMatch(JSON.stringify(log.lines), service.token, 'the token is in no log');
    });

    t.test('a service whose names no database takes is no service', async (t) => {
      const service = await openPinningService(t);
      const node = new PinningService({ url: service.url, token: service.token, origins: async () => [], fetch: async () => Response.json({ requestid: 'a\u0000b', status: 'queued' }) });
      await t.rejects(node.pin({ cid: 'x', name: 'x', requestId: undefined, car: async function* () { yield new Uint8Array(); } }, new AbortController().signal), /must be printable/);
    });

    t.test('a service that says no is an error without the token in it', async (t) => {
      const service = await openPinningService(t);
      const { pins, log } = await setUp(t, db, { apiUrls: [], pinningUrl: service.url, pinningToken: 'wrong-token' });
      await pins.start();
      const node = await until('the error', async () => (await pins.nodes()).find(({ isUp }) => !isUp));
      t.match(node.error, /401/);
      t.notMatch(JSON.stringify([node, log.lines]), 'wrong-token');
    });
  });
}
