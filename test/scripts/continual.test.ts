/** The whole way of a policy that keeps learning: tape, candidate, shadow, verdict, swap, rollback. */
import { expect, test } from 'vitest';
import { createModel, createPlace, Play, reversingBooks, saveModel } from './continual-market.ts';

test('a policy that learns is promoted, and the session goes on without a gap', async () => {
  const place = createPlace();
  const books = reversingBooks({ seed: 1, hours: 14 });
  {
    const { ModelRegistry } = await import('../../storage/model-registry.ts');
    const registry = new ModelRegistry(place.registry, { create: true });
    registry.promote(saveModel(registry, createModel(1)), 0, { reason: 'the first' });
    registry.close();
  }
  const play = new Play(place);
  await play.take(books, 0, 14);
  console.log(play.news, play.continual.status, play.decisions.length);
  expect(play.registry.get('policy@champion').id).toBe('policy@2');
  await play.close();
});
