import { test } from 'tap';
import { decodeAmf0 } from '../../../src/ingest/rtmp/amf0.js';
import { encodeAmf0 } from '../../support/rtmp-client.js';

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

test('every type of value', async (t) => {
  const bytes = hex(`
    00 3ff0000000000000  01 01  02 0003 c3a974  03 0001 61 01 00 0000 09  05  06  07 0001
    08 00000000 0001 62 05 0000 09  0a 00000002 05 01 01  0b 4059000000000000 0000  0c 00000001 78  0d  0f 00000001 79
    10 0003 466f6f 0001 63 05 0000 09`);
  t.same(decodeAmf0(bytes, 4), [
    1, true, 'ét', new Map([['a', false]]), null, undefined, undefined,
    new Map([['b', null]]), [null, true], 100, 'x', undefined, 'y',
    new Map([['c', null]]),
  ]);
});

test('what encoders send is read back', async (t) => {
  const command = ['connect', 1, { app: 'live', flashVer: 'FMLE/3.0', nested: { deep: true } }];
  t.same(decodeAmf0(encodeAmf0(command), 4), [
    'connect', 1, new Map<string, unknown>([['app', 'live'], ['flashVer', 'FMLE/3.0'], ['nested', new Map([['deep', true]])]]),
  ]);
});

test('a member named __proto__ is only a name', async (t) => {
  const [object] = decodeAmf0(hex('03 0009 5f5f70726f746f5f5f 02 0001 78 0000 09'), 4);
  t.same(object, new Map([['__proto__', 'x']]));
  t.equal(Object.getOwnPropertyDescriptor(Object.prototype, 'x'), undefined);
});

test('values cut short at every byte are refused', async (t) => {
  const whole = encodeAmf0(['publish', 5, { a: 'text', b: [1].length }, 'key']);
  const complete = [0, 10, 19, 19 + 1 + 2 + 1 + 3 + 4 + 2 + 1 + 9 + 3];
  for (let size = 1; size < whole.length; size++) {
    if (!complete.includes(size)) t.throws(() => decodeAmf0(whole.subarray(0, size), 4), { code: 'rtmp_invalid', message: 'AMF0 value is cut short' }, `${size} bytes`);
  }
});

test('depth, number of values and unknown types are bounded', async (t) => {
  const nested = Buffer.concat([...Array.from({ length: 6 }, () => hex('0a 00000001')), hex('05')]);
  t.doesNotThrow(() => decodeAmf0(nested, 6));
  t.throws(() => decodeAmf0(nested, 5), { message: 'AMF0 values are nested deeper than 5' });
  t.throws(() => decodeAmf0(Buffer.concat([hex('0a ffffffff'), Buffer.alloc(2000, 5)]), 5), { message: 'AMF0 message has more than 1024 values' });
  t.throws(() => decodeAmf0(hex('11 01'), 5), { message: 'AMF0 type 17 is unknown' });
});
