/** Shows in a terminal how an experiment goes. */
import type { ExperimentEvent, TrialName } from '../../experiments/events.ts';
import type { Console, Progress } from './console.ts';

/** @returns a listener for `runExperiment` */
export function showExperiment(console: Console): (event: ExperimentEvent) => void {
  const steps = new Map<string, number>();
  let numOpen = 0;
  let numSettled = 0;
  let numFailed = 0;
  let progress: Progress | undefined;
  const show = (): void => {
    const note = `${numSettled}/${numOpen} trials${numFailed > 0 ? `, ${numFailed} failed` : ''}`;
    let sum = 0;
    for (const value of steps.values()) sum += value;
    progress?.update(sum, note);
  };
  return (event) => {
    switch (event.kind) {
      case 'planned': {
        const { name, out, numTrials, numKept, totalSteps } = event;
        const kept = numKept > 0 ? `, ${numKept} of them finished before` : '';
        console.say(`${name}: ${numTrials} trials${kept}, into ${out}`);
        numOpen = numTrials - numKept;
        progress = console.progress(name, totalSteps);
        break;
      }
      case 'training':
        if (event.event.kind === 'progress') steps.set(nameOf(event.trial), event.event.step);
        break;
      case 'trial-interrupted':
        numSettled++;
        break;
      case 'trial-finished':
        numSettled++;
        steps.set(nameOf(event.trial), event.totalSteps);
        break;
      case 'trial-failed': {
        const { trial, totalSteps, message, details } = event;
        numSettled++;
        numFailed++;
        steps.set(nameOf(trial), totalSteps);
        console.warn(`Failed: ${nameOf(trial)}: ${message}${details ? `\n${details}` : ''}`);
        break;
      }
      case 'search-trial': {
        const { task, agent, record, message } = event;
        numSettled++;
        if (record.state === 'failed') {
          numFailed++;
          console.warn(`Failed: ${task} ${agent} trial ${record.index}: ${message}`);
        }
        break;
      }
      case 'ended':
        progress?.stop();
        sayEnd(event, console);
        return;
    }
    show();
  };
}

function sayEnd(
  { numTrials, numFinished, numFailed, interrupted }: Extract<ExperimentEvent, { kind: 'ended' }>,
  console: Console,
): void {
  if (interrupted) {
    console.say(`Interrupted: ${numFinished} of ${numTrials} trials are finished. The same command goes on.`);
  }
  if (numFailed > 0) {
    console.say(`${numFailed} of ${numTrials} trials failed. The same command tries them again.`);
  }
}

/** `cartpole ppo seed 3` */
function nameOf({ task, agent, seed }: TrialName): string {
  return `${task} ${agent} seed ${seed}`;
}
