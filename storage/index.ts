/** The public names of storage: runs, checkpoints, the model registry, tapes. */

export type { Table, TableColumn } from '../core/table.ts';
export { type AgentModel, type AgentModelDetails, packAgentModel, unpackAgentModel } from './agent-model.ts';
export {
  type CheckpointDetails,
  type CheckpointEntry,
  type CheckpointManifest,
  type CheckpointPlugin,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
} from './checkpoint.ts';
export {
  type ModelArtifact,
  type ModelDetails,
  type ModelManifest,
  readArtifact,
  sealModel,
  writeArtifact,
} from './model-artifact.ts';
export {
  type ModelDefect,
  type ModelEvent,
  type ModelRecord,
  ModelRegistry,
  type ModelStage,
} from './model-registry.ts';
export { type LogRow, RunDirectory } from './run-directory.ts';
export { LOG_FORMATS, type LogFormat, RunLog, type RunLogOptions } from './run-log.ts';
export { decodeSafetensors, encodeSafetensors, type Tensor, type Tensors } from './safetensors.ts';
export { writeTable } from './tables/write-table.ts';
export {
  type ReadTapeOptions,
  readTape,
  summarizeTape,
  type TapeEntry,
  TapeReader,
  type TapeRecord,
  type TapeSummary,
  type TornTail,
} from './tape.ts';
export { lastCheckpoint, type TapePlace } from './tape-place.ts';
export { type PruneOptions, type Pruning, pruneTape } from './tape-prune.ts';
export { TapeWriter, type TapeWriterOptions } from './tape-writer.ts';
export { TrialLedger } from './trial-ledger.ts';
export {
  type Look,
  TRIAL_KINDS,
  type TrialEntry,
  type TrialKind,
  type TrialPlace,
  type TrialRow,
  type TrialSeries,
  type TrialsOnPlace,
} from './trials/trial.ts';
