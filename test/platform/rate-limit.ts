import t from 'tap';
import { AddressLimiter, addressKey } from '../../src/platform/index.js';

t.test('clients are counted by what one of them can own', async (t) => {
  const cases: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['unknown', 'unknown'],
  ];
  for (const [address, key] of cases) t.equal(addressKey(address), key, address);
});

t.test('attempts of one address are bounded, those of another are not touched', async (t) => {
  const limiter = new AddressLimiter({ attempts: 2, windowSec: 60 });
  await limiter.take('2001:db8::1');
  await limiter.take('2001:db8::2');
  await t.rejects(limiter.take('2001:db8::3'), { code: 'rate_limited', status: 429, detail: { retryAfterSec: 60 } });
  await limiter.take('2001:db8:0:1::1');
  await limiter.take(undefined);
});
