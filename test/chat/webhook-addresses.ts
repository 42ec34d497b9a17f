import t from 'tap';
import { isPublicAddress } from '../../src/chat/webhooks/public-address.js';
import { signatureOf } from '../../src/chat/webhooks/signature.js';
import { deliveryBackoffMs, hookBackoffMs } from '../../src/chat/webhooks/backoff.js';
import { checkTargetUrl } from '../../src/chat/webhooks/target-url.js';
import { Sender } from '../../src/chat/webhooks/sender.js';
import { openReceiver } from '../support/webhook-receiver.js';

const PARCEL = { secret: 'whsec_test', id: 'a', event: 'message', body: '{"id":"4f6c1f3e-8f5e-4a7b-9d53-3f3d0f6c1a11","event":"test","channel":"ada","at":"2026-01-01T00:00:00.000Z","data":{}}' };

t.test('addresses of the public Internet are public, and no others', async (t) => {
  const open = ['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.1', '192.167.1.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450::1', '2001:4860:4860::8888'];
  for (const address of open) t.ok(isPublicAddress(address), address);
  const closed = [
    '0.0.0.0', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.8.8.8', '169.254.169.254', '172.16.0.1', '172.31.255.255',
    '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
    '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1', '2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:db8::1',
    '2002:7f00:1::1', '3fff::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1', '4000::1',
    'example.org', '', '1.2.3', 'localhost',
  ];
  for (const address of closed) t.notOk(isPublicAddress(address), address);
});

t.test('an address that can be no good is refused at once', async (t) => {
  const refused = (url: string, allowPrivate = false): string | undefined => {
    try {
      checkTargetUrl(url, { allowPrivate });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  for (const url of [
    'http://127.0.0.1/', 'http://localhost:8080/', 'http://LOCALHOST./', 'http://sub.localhost/', 'http://[::1]/', 'http://[::ffff:7f00:1]/', 'http://[::ffff:127.0.0.1]/', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/',
    'http://127.1/', 'http://0/', 'http://169.254.169.254/latest/meta-data/', 'http://metadata.google.internal/', 'http://printer.local/', 'http://10.1.2.3/', 'http://192.168.1.1/', 'http://100.64.1.1/', 'http://[fe80::1]/', 'http://[fd00::1]/',
    'http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/', 'http://①②⑦.0.0.1/', 'http://１２７.0.0.1/',
  ]) t.match(refused(url), /private network/, url);
  for (const url of ['ftp://example.org/', 'file:///etc/passwd', 'gopher://example.org/', 'javascript:alert(1)', 'data:text/plain,x']) t.match(refused(url), /must begin with/, url);
  for (const url of ['', 'example.org/hook', 'https://', `https://example.org/${'x'.repeat(500)}`]) t.match(refused(url), /no address/, url);
  t.match(refused('https://ada:secret@example.org/'), /user name/);
  for (const port of [22, 25, 5432, 6379]) t.match(refused(`http://example.org:${port}/`), /another kind of service/, String(port));
  for (const url of ['https://example.org/hook?x=1', 'http://example.org:8080/', 'https://[2606:4700:4700::1111]/', 'https://1.1.1.1:8443/']) t.equal(refused(url), undefined, url);
  t.equal(refused('http://127.0.0.1:8080/', true), undefined, 'where private networks are allowed');
  t.equal(checkTargetUrl('https://example.org/a#b', { allowPrivate: false }).href, 'https://example.org/a');
});

t.test('what is sent is signed, and the time is part of it', async (t) => {
  const at = new Date(1_700_000_000_999);
  t.equal(signatureOf('whsec_test', '{}', at), 't=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91', 'as openssl makes it');
  t.not(signatureOf('whsec_test', '{}', new Date(1_700_000_001_000)), signatureOf('whsec_test', '{}', at));
});

t.test('tries come further and further apart, up to a bound', async (t) => {
  t.same([1, 2, 3, 4, 5, 6, 7, 30].map((attempts) => deliveryBackoffMs(attempts, 0.5) / 1_000), [10, 30, 90, 270, 810, 2_430, 3_600, 3_600]);
  t.same([1, 2, 3, 8, 9, 30].map((failures) => hookBackoffMs(failures, 0.5) / 1_000), [5, 10, 20, 600, 600, 600]);
  t.same([deliveryBackoffMs(1, 0), deliveryBackoffMs(1, 1)], [7_500, 12_500], 'not all at the same moment');
});

t.test('a name is looked up once, and the connection goes to what was looked at', async (t) => {
  const { port, received } = await openReceiver(t);
  const send = (answers: string[][], allowPrivate = false) => {
    let asked = 0;
    const resolve = async (): Promise<string[]> => answers[asked++] ?? [];
    return new Sender({ allowPrivate, resolve }).send({ ...PARCEL, url: `http://hooks.example.org:${port}/` });
  };
  const PRIVATE = { status: null, error: 'the address is in a private network' };
  t.same(await send([['127.0.0.1']]), PRIVATE, 'a name for loopback');
  t.same(await send([['::1']]), PRIVATE);
  t.same(await send([['::ffff:127.0.0.1']]), PRIVATE);
  t.same(await send([['93.184.216.34', '127.0.0.1']]), PRIVATE, 'one among others');
  t.same(await send([['169.254.169.254']]), PRIVATE);
  t.same(await send([[]]), { status: null, error: '"hooks.example.org" has no address' });
  t.equal(received.length, 0, 'nothing was sent');
  t.same(await send([['127.0.0.1'], ['10.0.0.1']], true), { status: 204, error: null }, 'where private networks are allowed');
  t.equal(received[0]?.headers.host, `hooks.example.org:${port}`);
});

t.test('a redirect is not followed, wherever it leads', async (t) => {
  const inner = await openReceiver(t);
  const outer = await openReceiver(t, (response) => response.writeHead(307, { location: inner.url }).end());
  const sender = new Sender({ allowPrivate: true });
  t.same(await sender.send({ ...PARCEL, url: outer.url }), { status: 307, error: 'answered 307: redirects are not followed' });
  t.same([outer.received.length, inner.received.length], [1, 0]);
});

t.test('a receiver that is slow, or says too much, holds nothing up', async (t) => {
  const silent = await openReceiver(t, () => undefined);
  const sender = new Sender({ allowPrivate: true, timeoutMs: 200 });
  t.same(await sender.send({ ...PARCEL, url: silent.url }), { status: null, error: 'no answer within 0.2 s' });
  const endless = await openReceiver(t, (response) => {
    response.writeHead(200);
    const more = (): void => { if (!response.destroyed) response.write('x'.repeat(4_096), () => setImmediate(more)); };
    more();
  });
  t.same(await new Sender({ allowPrivate: true }).send({ ...PARCEL, url: endless.url }), { status: 200, error: null });
  const broken = await openReceiver(t, (response) => response.destroy());
  t.match(await sender.send({ ...PARCEL, url: broken.url }), { status: null, error: /hang up|reset/ });
  const dripping = await openReceiver(t, (response) => void response.writeHead(200).write('a'));
  t.same(await sender.send({ ...PARCEL, url: dripping.url }), { status: 200, error: null }, 'its status was the answer');
});
