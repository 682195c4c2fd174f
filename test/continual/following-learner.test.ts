import { expect, test } from 'vitest';
import { followTape } from '../../continual/following-learner.ts';
import type { Learner } from '../../continual/learner.ts';
import type { LearnerTask } from '../../continual/learner-tasks.ts';

test('a learner goes on with the spare tape, and what it did before is due again', async () => {
  const log: string[] = [];
  const start = (tape: string): Learner => {
    let over = false;
    log.push(`start ${tape}`);
    return {
      perform: async () => ({ kind: 'failed', message: `${tape}${over ? ' has ended' : ''}` }),
      stop: async () => {
        over = true;
        log.push(`stop ${tape}`);
      },
    };
  };
  const learner = followTape('own', start);
  const task = {} as LearnerTask;
  learner.onRecord(['input', 1, 0, 'tick']);
  learner.onRecord(['note', 1, { tape: 'no' }]);
  expect(await learner.perform(task)).toEqual({ kind: 'failed', message: 'own' });
  learner.onRecord(['continues', 2, { tape: 'spare', reason: 'full' }]);
  expect(await learner.perform(task)).toEqual({ kind: 'failed', message: 'spare' });
  await learner.stop();
  expect(log).toEqual(['start own', 'start spare', 'stop own', 'stop spare']);
});
