import t from 'tap';
import { amount, exactAmount, shareOf } from '../../src/web/words/winston.js';

t.test('amounts as people compare them', async (t) => {
  t.same(['0', '1', '65595', '999999'].map(amount), ['0 AR', '1 winston', '65,595 winston', '999,999 winston']);
  t.same(['1000000', '312149999', '312150000', '4200000000'].map(amount), ['0.000001 AR', '0.0003121 AR', '0.0003122 AR', '0.0042 AR']);
  t.same(['999990000000', '999950000000', '1000000000000', '12345678901234'].map(amount), ['1 AR', '1 AR', '1 AR', '12.35 AR']);
  t.same(['12345678999999999', '66000000000000000000'].map(amount), ['12,346 AR', '66,000,000 AR']);
});

t.test('nothing is lost of an exact amount', async (t) => {
  t.same(['0', '1', '312100001'].map(exactAmount), ['0 AR', '0.000000000001 AR', '0.000312100001 AR']);
  t.equal(exactAmount('9007199254740993000000000001'), '9,007,199,254,740,993.000000000001 AR', 'more than a float can hold');
});

t.test('how much of a limit is used', async (t) => {
  t.same([shareOf('0', '1000000000000'), shareOf('250000000000', '1000000000000'), shareOf('999999999999', '1000000000000')], [0, 0.25, 0.999]);
  t.same([shareOf('3', '2'), shareOf('0', '0')], [1, 1], 'nothing may be spent where the limit is nothing');
});
