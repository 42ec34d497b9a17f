import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import t from 'tap';
import { LossSteering } from '../../../src/webrtc/direct/loss-steering.js';

class TestConsumer extends EventEmitter<{ score: [score: { score: number }] }> {
  readonly preferredLayers = { spatialLayer: 2 };
  readonly asked: number[] = [];

  async setPreferredLayers({ spatialLayer }: { spatialLayer: number }): Promise<void> {
    this.asked.push(spatialLayer);
  }
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
t.afterEach(() => mock.timers.reset());

t.test('losses take a viewer down layer by layer, and their end up again', async (t) => {
  const consumer = new TestConsumer();
  const steering = new LossSteering(consumer);
  t.teardown(() => steering.close());
  steering.begin();
  for (const score of [10, 5, 4]) consumer.emit('score', { score });
  t.same(consumer.asked, [1, 0]);
  consumer.emit('score', { score: 3 });
  t.same(consumer.asked, [1, 0], 'there is none below');
  mock.timers.tick(120_000);
  mock.timers.tick(120_000);
  t.same(consumer.asked, [1, 0, 1, 2]);
  mock.timers.tick(120_000);
  t.same(consumer.asked, [1, 0, 1, 2], 'nor above');
});

t.test('who stays on a network with losses stays down', async (t) => {
  const consumer = new TestConsumer();
  const steering = new LossSteering(consumer);
  steering.begin();
  consumer.emit('score', { score: 6 });
  for (let i = 0; i < 30; i++) {
    mock.timers.tick(5_000);
    consumer.emit('score', { score: 8 });
  }
  t.same(consumer.asked, [1]);
  steering.close();
  mock.timers.tick(120_000);
  t.same(consumer.asked, [1], 'nobody is there any more');
});
