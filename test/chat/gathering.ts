import t from 'tap';
import { Gathering } from '../../src/chat/room/gathering.js';
import { until } from '../support/until.js';

t.test('in a small room nothing waits', async (t) => {
  const sent: number[][] = [];
  const gathering = new Gathering<number>({ send: (_room, together) => sent.push(together) });
  for (const item of [1, 2, 3]) gathering.add('small', item, 100);
  t.same(sent, [[1], [2], [3]]);
});

t.test('in a large one the first goes at once, and those that follow go together', async (t) => {
  const sent: { room: string; together: number[] }[] = [];
  const gathering = new Gathering<number>({ send: (room, together) => sent.push({ room, together }) });
  t.teardown(() => gathering.stop());
  for (const item of [1, 2, 3]) gathering.add('large', item, 2_000);
  gathering.add('other', 9, 2_000);
  t.same(sent, [{ room: 'large', together: [1] }, { room: 'other', together: [9] }]);
  await until('the others', () => (sent.length > 2 ? true : undefined));
  t.same(sent[2], { room: 'large', together: [2, 3] });
});

t.test('what waits goes before what may be about it', async (t) => {
  const sent: number[][] = [];
  const gathering = new Gathering<number>({ send: (_room, together) => sent.push(together) });
  t.teardown(() => gathering.stop());
  for (const item of [1, 2, 3]) gathering.add('large', item, 2_000);
  gathering.flush('large');
  t.same(sent, [[1], [2, 3]]);
  gathering.flush('large');
  gathering.flush('nobody');
  t.equal(sent.length, 2, 'once');
});
