import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { Wallets } from '../../../src/archive/arweave/wallets.js';
import { writeSecretFile, writeWalletFile } from '../../support/arweave-wallet.js';
import { recordingLog } from '../../support/log.js';

const LOW = 100n;
const MINUTE_MS = 60_000;
const keyFile = z.object({ n: z.string(), d: z.string(), p: z.string() });

/** Two of them: making one takes a while. */
const files = Promise.all([writeWalletFile(t), writeWalletFile(t)]);

async function addressOf(file: string): Promise<string> {
  const { n } = keyFile.parse(JSON.parse(await readFile(file, 'utf8')));
  return createHash('sha256').update(Buffer.from(n, 'base64url')).digest('base64url');
}

/** Started, with balances as given and a clock that stands still. */
async function opened(t: Test, options: { files: string[]; balances?: Record<string, bigint | Error> }) {
  const balances = options.balances ?? {};
  const log = recordingLog();
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
  const balanceOf = async (address: string): Promise<bigint> => {
    const balance = balances[address];
    if (typeof balance === 'bigint') return balance;
    throw balance ?? new Error('no gateway');
  };
  const wallets = new Wallets({ files: options.files, balanceOf, lowWinston: LOW, log, now: () => clock.ms });
  await wallets.start();
  t.after(() => wallets.stop());
  await wallets.refresh();
  const states = (): string[] => wallets.list().map(({ state }) => state);
  const messages = (): string[] => log.lines.map(({ level, message }) => `${level}: ${message}`);
  return { wallets, balances, log, clock, states, messages };
}

t.test('the wallet with the most money pays, until the other has more', async (t) => {
  const [one, two] = await files;
  const [a, b] = await Promise.all([addressOf(one), addressOf(two)]);
  const { wallets, balances } = await opened(t, { files: [one, two], balances: { [a]: 1_000n, [b]: 1_500n } });
  t.equal(wallets.pick(600n)?.address, b);
  t.equal(wallets.pick(600n)?.address, b, 'what was picked is not paid yet');
  t.equal(wallets.pick(600n, new Map([[b, 600n]]))?.address, a, 'what is promised is as good as gone');
  t.equal(wallets.pick(600n, new Map([[b, 600n], [a, 401n]]))?.address, b);
  t.equal(wallets.pick(600n, new Map([[b, 901n], [a, 401n]])), undefined, 'nobody can pay it');
  balances[a] = 1_600n;
  await wallets.refresh();
  t.equal(wallets.pick(600n)?.address, a, 'what the gateway says counts');
});

t.test('a wallet signs as its address says, and shows nothing of its key', async (t) => {
  const [file] = await files;
  const { n, d, p } = keyFile.parse(JSON.parse(await readFile(file, 'utf8')));
  const { wallets, log } = await opened(t, { files: [file], balances: { [await addressOf(file)]: 1_000n } });
  const wallet = wallets.pick(1n);
  t.equal(wallet?.owner, n);
  const key = createPublicKey({ key: { kty: 'RSA', e: 'AQAB', n }, format: 'jwk' });
  t.ok(verify('sha256', Buffer.from('x'), { key, padding: constants.RSA_PKCS1_PSS_PADDING }, (await wallet?.sign(Buffer.from('x'))) ?? new Uint8Array()));
  const shown = JSON.stringify([log.lines, wallets.list(), wallet]) + inspect([wallets, wallet, log.lines], { depth: 9 });
  for (const secret of [d, p]) t.notOk(shown.includes(secret.slice(0, 24)));
});

t.test('a wallet that fails three times in a row is left alone, longer each time', async (t) => {
  const [file] = await files;
  const address = await addressOf(file);
  const { wallets, clock, states, log } = await opened(t, { files: [file], balances: { [address]: 1_000n } });
  const fail = (times: number): void => {
    for (let left = times; left > 0; left -= 1) wallets.reportFailure(address, 'refused');
  };
  fail(2);
  wallets.reportSuccess(address);
  fail(2);
  t.equal(wallets.pick(1n)?.address, address, 'not three in a row');
  fail(1);
  t.equal(wallets.pick(1n), undefined);
  t.match(wallets.list(), [{ address, state: 'quarantined', reason: /3 payments in a row failed; the last time: refused/, since: '2026-01-01T00:00:00.000Z' }]);
  clock.ms += 10 * MINUTE_MS;
  t.same(states(), ['ok'], 'after ten minutes it gets a chance');
  fail(1);
  clock.ms += 19 * MINUTE_MS;
  t.same(states(), ['quarantined']);
  clock.ms += MINUTE_MS;
  t.same(states(), ['ok'], 'after twenty, another');
  fail(1);
  wallets.release(address);
  t.equal(wallets.pick(1n)?.address, address, 'released by hand');
  t.same(log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields.forSec), [600, 1_200, 2_400]);
});

t.test('another wallet pays for one in quarantine', async (t) => {
  const [one, two] = await files;
  const [a, b] = await Promise.all([addressOf(one), addressOf(two)]);
  const { wallets } = await opened(t, { files: [one, two], balances: { [a]: 10_000n, [b]: 500n } });
  for (const reason of ['x', 'y', 'z']) wallets.reportFailure(a, reason);
  wallets.reportFailure('nobody', 'x');
  t.equal(wallets.pick(100n)?.address, b);
});

t.test('the operator is told once when money runs low, and when it is there again', async (t) => {
  const [file] = await files;
  const address = await addressOf(file);
  const { wallets, balances, clock, states, messages } = await opened(t, { files: [file], balances: { [address]: 100n } });
  t.same(states(), ['ok']);
  for (const balance of [99n, 98n, 0n, 0n, 100n]) {
    balances[address] = balance;
    clock.ms += 1_000;
    await wallets.refresh();
  }
  t.same(messages(), ['info: a wallet can pay', 'warn: a wallet is running out of money', 'warn: a wallet has no money', 'info: a wallet can pay']);
  t.match(wallets.list(), [{ state: 'ok', balanceWinston: '100', reason: null, since: '2026-01-01T00:00:05.000Z' }]);
});

t.test('without a gateway the last balance stands, and is told of once', async (t) => {
  const [file] = await files;
  const address = await addressOf(file);
  const { wallets, balances, messages } = await opened(t, { files: [file] });
  t.match(wallets.list(), [{ state: 'unusable', balanceWinston: null, reason: 'its balance is not known yet' }]);
  t.equal(wallets.pick(0n), undefined);
  await wallets.refresh();
  balances[address] = 1_000n;
  await wallets.refresh();
  balances[address] = new Error('gone');
  await wallets.refresh();
  await wallets.refresh();
  t.match(wallets.list(), [{ state: 'ok', balanceWinston: '1000' }]);
  t.same(messages(), ['warn: balances of wallets cannot be asked for', 'info: a wallet can pay', 'warn: balances of wallets cannot be asked for']);
});

t.test('a key that everyone can read is not used, until that is mended', async (t) => {
  const [file] = await files;
  t.teardown(() => chmod(file, 0o600));
  for (const mode of [0o644, 0o604, 0o602]) {
    await chmod(file, mode);
    const { wallets } = await opened(t, { files: [file] });
    t.match(wallets.list(), [{ address: file, state: 'unusable', reason: new RegExp(`chmod 600 ${file}`) }]);
  }
  await chmod(file, 0o640);
  const { wallets } = await opened(t, { files: [file] });
  t.equal(wallets.list()[0]?.address, await addressOf(file), 'a group may: containers get secrets so');
});

t.test('a broken file is named, and nothing of what is in it', async (t) => {
  const [good] = await files;
  const secret = 'S3cretS3cretS3cret';
  const key = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(good, 'utf8')));
  const broken = await Promise.all([
    ...[secret, `{"kty":"RSA","d":"${secret}`, `{"kty":"RSA","d":"${secret}"}`, `["${secret}"]`, '', JSON.stringify({ ...key, e: 'AAAA', x: secret }), JSON.stringify({ ...key, n: secret })].map((text) => writeSecretFile(t, text)),
    writeWalletFile(t, { modulusLength: 2_048 }), `${good}.none`, writeSecretFile(t, ' '.repeat(70_000)),
  ]);
  const { wallets, log } = await opened(t, { files: [...broken, good, good], balances: { [await addressOf(good)]: 1_000n } });
  const [fine, ...rest] = wallets.list();
  t.match(fine, { state: 'ok' }, 'the good one works all the same');
  t.same(rest.map(({ address, state }) => [address, state]), broken.map((file) => [file, 'unusable']));
  for (const { address, reason } of rest) t.ok(reason?.includes(address), reason ?? '');
  t.same(log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields.file), broken);
  t.equal(log.lines.filter(({ message }) => message === 'a wallet is named twice').length, 1);
  t.notOk((JSON.stringify([log.lines, wallets.list()]) + inspect([wallets, log.lines], { depth: 9 })).includes(secret.slice(0, 6)));
});

t.test('a stop does not wait for a gateway that is silent', async (t) => {
  const [file] = await files;
  let isAborted = false;
  const balanceOf = (_address: string, signal: AbortSignal) => new Promise<bigint>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      isAborted = true;
      reject(new Error('stopped'));
    });
  });
  const log = recordingLog();
  const wallets = new Wallets({ files: [file], balanceOf, lowWinston: LOW, log });
  await wallets.start();
  await wallets.stop();
  t.ok(isAborted);
  t.same(log.lines, [], 'and has nothing to say about it');
});
