/** Shows in a terminal how a training goes. */
import type { TrainingEvent } from '../../experiments/run/events.ts';
import type { Console, Progress } from './console.ts';

/**
 * @param label what stands before the numbers
 * @returns a listener for a training session
 */
export function showTraining(console: Console, label: string): (event: TrainingEvent) => void {
  let progress: Progress | undefined;
  return (event) => {
    if (event.kind === 'started') progress = console.progress(label, event.totalSteps, event.step);
    else if (event.kind === 'progress') progress?.update(event.step, noteOf(event));
    else if (event.kind === 'ended') progress?.stop();
  };
}

function noteOf({ meanReturn, bestReturn }: Extract<TrainingEvent, { kind: 'progress' }>): string {
  return [
    ...(meanReturn === undefined ? [] : [`return ${meanReturn.toPrecision(4)}`]),
    ...(bestReturn === undefined ? [] : [`best evaluation ${bestReturn.toPrecision(4)}`]),
  ].join(', ');
}
