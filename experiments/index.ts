/** The public names of experiments: files, trials, runs, their catalogue of plugins, and how they are judged. */

export { type BridgeOptions, type BridgeServer, startBridge } from './bridge/server.ts';
export { BRIDGE_VERSION, BridgeSession, type CreateEnvs } from './bridge/session.ts';
export { permuteBars, plantEdge } from './controls/markets.ts';
export type { ControlName, ControlResult, ControlsResult } from './controls/result.ts';
export { type ControlsOptions, type ControlsRequest, runControls } from './controls/run-controls.ts';
export { type CostOptions, costSurface } from './costs/surface.ts';
export type { CrossvalRequest, CrossvalSetting } from './crossval/plan-crossval.ts';
export { type CrossvalOptions, type CrossvalOutcome, runCrossval } from './crossval/run-crossval.ts';
export type { CrossvalSummary } from './crossval/summarize.ts';
export {
  type DownloadEvent,
  type DownloadManifest,
  type DownloadOptions,
  type DownloadRequest,
  downloadData,
} from './data/download/download.ts';
export type { HttpWorld } from './data/download/http.ts';
export {
  type ImportedFile,
  type ImportManifest,
  type ImportOptions,
  importData,
  type WrittenFile,
} from './data/import-data.ts';
export { type ReducedData, type ReduceOptions, reduceData } from './data/reduce.ts';
export type { ExperimentEvent, TrialName } from './events.ts';
export { exportMlflow, type MlflowRun } from './export/mlflow.ts';
export { exportRun } from './export/policy.ts';
export { EXPORT_FORMS, type ExportForm, exportModel } from './export/supervised.ts';
export { type Experiment, type ExperimentInput, loadExperiment, parseExperiment } from './file.ts';
export { checkLeaks, type LeakCheckRequest, type LeakResult } from './leaks/check-leaks.ts';
export { type ForeignModelOptions, readForeignModel } from './models/foreign-model.ts';
export { type OpenExperiment, openExperiment, type StoredTrial } from './open-experiment.ts';
export { type OpenRun, type OpenRunOptions, openRun } from './open-run.ts';
export { type ExperimentStory, renderExperimentPage } from './page/page.ts';
export { trialTable, writeTrialsTable } from './page/trials-table.ts';
export { type Catalog, loadCatalog } from './plugins/catalog.ts';
export type { QueueOptions } from './queue/coordinator.ts';
export { type WorkEvent, type WorkOptions, type WorkSummary, work } from './queue/work.ts';
export {
  type CellSummary,
  compareAgents,
  formatCells,
  formatImprovements,
  type Improvement,
  summarizeCells,
} from './results.ts';
export type { TrainingEvent } from './run/events.ts';
export { type RunSpec, readRunSpec } from './run/spec.ts';
export { type ExperimentOptions, type ExperimentOutcome, runExperiment } from './run-experiment.ts';
export { definePruner, type Pruner, type PrunerContext, type PrunerPlugin } from './search/pruner.ts';
export type { SearchResult } from './search/run-search.ts';
export { defineSampler, type Sampler, type SamplerContext, type SamplerPlugin } from './search/sampler.ts';
export {
  type Parameter,
  type Point,
  pointAt as spacePointAt,
  type Space,
  type SpaceInput,
  shareOf,
} from './search/space.ts';
export { formatSearch } from './search/summarize-search.ts';
export { type Report, rankTrials, type TrialRecord } from './search/trial-record.ts';
export { type ExperimentStatus, readStatus } from './status.ts';
export type { TrialResult } from './trial.ts';
export { type ZooEntry, zooEntries, zooExperiment } from './zoo.ts';
