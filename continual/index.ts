/** The public names of continual learning: the gate, drift, shadow runs, fine-tuning, promotion and update. */
export { type DriftAlarm, DriftMonitor } from './drift.ts';
export { type DriftConfig, driftConfig } from './drift-config.ts';
export {
  createDriftProfile,
  type DriftColumn,
  type DriftProfile,
  type DriftReference,
} from './drift-profile.ts';
export { describeLearningEvent, type LearningEvent } from './events.ts';
export { type FineTuneOptions, fineTune } from './fine-tune.ts';
export {
  type ForwardRun,
  type GateCase,
  type GateConfig,
  type GateVerdict,
  gateConfig,
  judgeChallenger,
} from './gate.ts';
export { type Continual, type ContinualOptions, type ContinualStatus, startContinual } from './learning.ts';
export {
  type ContinualState,
  type LearnConfig,
  learnConfig,
  readContinualState,
  recoverContinualState,
  resolveLearnConfig,
} from './registry-state.ts';
export { runShadows, type ShadowOptions, type ShadowRun, Shadows } from './shadow.ts';
export { TapeWindow } from './tape-window.ts';
export { type Update, updateModel, updatePolicy } from './update-champion.ts';
