import { test } from 'tap';
import { ConnectionCounts, plainAddress, RefusalLog, WrongKeys } from '../../../src/ingest/connection/admission.js';
import { addressKey } from '../../../src/platform/index.js';
import { KeptLog } from '../../support/rtmp-harness.js';

test('addresses as people write them', async (t) => {
  t.equal(plainAddress('::ffff:192.0.2.7'), '192.0.2.7');
  t.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  t.equal(plainAddress('2001:DB8::1'), '2001:db8::1');
});

test('limits count an IPv4 address, or the /64 of an IPv6 one', async (t) => {
  t.equal(addressKey('::ffff:192.0.2.7'), addressKey('192.0.2.7'));
  t.equal(addressKey('2001:db8:0:7::1'), '2001:db8:0:7::/64');
  t.equal(addressKey('2001:db8::7:1:2:3:4'), addressKey('2001:0db8:0:0007:ffff::'), 'the same network, written in three ways');
  t.equal(addressKey('::1'), '0:0:0:0::/64');
  t.not(addressKey('2001:db8:0:8::1'), addressKey('2001:db8:0:7::1'));
});

test('connections are counted in all and by address', async (t) => {
  const counts = new ConnectionCounts({ maxInAll: 3, maxPerAddress: 2 });
  counts.add('192.0.2.1');
  counts.add('192.0.2.1');
  t.equal(counts.findRefusal('192.0.2.1'), '2 connections are open from this address');
  t.equal(counts.findRefusal('192.0.2.2'), undefined);
  counts.add('192.0.2.2');
  t.equal(counts.findRefusal('192.0.2.3'), '3 connections are open');
  counts.remove('192.0.2.1');
  t.equal(counts.findRefusal('192.0.2.1'), undefined);
  t.equal(counts.inAll, 2);
});

test('wrong keys block their network only', async (t) => {
  const wrongKeys = new WrongKeys({ perMinute: 2 });
  await wrongKeys.count('2001:db8::1');
  t.equal(await wrongKeys.isBlocked('2001:db8::1'), false);
  await wrongKeys.count('2001:db8::2');
  t.equal(await wrongKeys.isBlocked('2001:db8::3'), true);
  t.equal(await wrongKeys.isBlocked('192.0.2.1'), false);
});

test('refusals are logged once a minute for each reason', async (t) => {
  const log = new KeptLog();
  const refusals = new RefusalLog({ log });
  for (let count = 0; count < 5; count++) refusals.note('192.0.2.1', 'full');
  refusals.note('192.0.2.2', 'blocked');
  t.same(log.lines.map((line) => line.fields), [
    { reason: 'full', address: '192.0.2.1', count: 1 },
    { reason: 'blocked', address: '192.0.2.2', count: 1 },
  ]);
});
