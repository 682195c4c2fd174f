/**
 * Reads from the registry how continual learning stands: which policy is in use, which waits to be judged, what is due.
 *
 * Nothing is remembered elsewhere. The stage and the events of the models of one name are the whole state, so a session
 * that was cut off anywhere goes on from there.
 */
import { type ConfigOf, resolveConfig, z } from '../core/config.ts';
import type { Json } from '../core/snapshot.ts';
import type { ModelEvent, ModelRecord, ModelRegistry } from '../storage/model-registry.ts';
import { type DriftConfig, driftConfig } from './drift-config.ts';
import { type GateConfig, type GateVerdict, gateConfig } from './gate.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const learnConfig = z.object({
  enabled: z.boolean().default(false).describe('whether the session learns'),
  agentSettings: z
    .record(z.string(), z.json())
    .default({})
    .describe('settings of the agent while it learns on; what shapes its networks must stay'),
  everyHours: z
    .number()
    .positive()
    .default(24)
    .describe('hours from one training to the next, where no candidate waits to be judged'),
  spanHours: z.number().positive().default(168).describe('hours of the tape that a candidate learns from'),
  steps: z.int().min(1).default(50_000).describe('env steps that a candidate learns for'),
  forwardDays: z
    .number()
    .positive()
    .default(30)
    .describe('days of trading, unseen by both, after which a candidate is judged'),
  gate: z.record(z.string(), z.json()).default({}).describe('the other settings of the gate'),
  drift: z.record(z.string(), z.json()).default({}).describe('limits past which a policy is rolled back'),
  seed: z.int().min(0).default(1).describe('decides training and bootstrap'),
});

export interface LearnConfig extends Omit<ConfigOf<typeof learnConfig>, 'gate' | 'drift'> {
  readonly gate: GateConfig;
  readonly drift: DriftConfig;
}

/** @throws ConfigError `unknown-key` with the nearest key, `invalid-value` */
export function resolveLearnConfig(settings: Readonly<Record<string, unknown>>): LearnConfig {
  const config = resolveConfig(learnConfig, settings, 'learn');
  const { forwardDays } = config;
  return {
    ...config,
    gate: resolveConfig(gateConfig, { forwardDays, ...config.gate }, 'learn.gate'),
    drift: resolveConfig(driftConfig, config.drift, 'learn.drift'),
  };
}

/** What happens to a model here, as the registry's events name it. */
export const REJECTED = 'rejected';
export const ROLLED_BACK = 'rolled-back';
export const DRIFTED = 'drifted';

/** The stretch that a candidate is judged by. UTC epoch. */
export interface Stretch {
  readonly fromMs: number;
  readonly lengthMs: number;
}

export interface ContinualState {
  readonly champion: ModelRecord;
  /** The champion before, in the line of those that were never rolled back. */
  readonly previous: string | undefined;
  /** Where the champion was judged good; undefined for one that came by another way. */
  readonly proof: Stretch | undefined;
  /** Made from the champion, not judged yet. */
  readonly candidate: ModelRecord | undefined;
  /** Which challenger of this champion the next verdict is on, from 1. */
  readonly trial: number;
  /** UTC epoch of the last training of a candidate, of whichever champion; −Infinity without one. */
  readonly lastTrainedMs: number;
  /** What the champion's drift was noted as since it was promoted, where none was before it. */
  readonly drift: string | undefined;
}

/**
 * Finishes what was cut off: a rollback that was noted and not carried out, a model that was rejected and still has its
 * stage, a candidate of a champion that is out of use. Does nothing where nothing was cut off.
 * @throws StorageError `unknown-model` where the name has no champion
 */
export function recoverContinualState(registry: ModelRegistry, name: string, nowMs: number): void {
  const events = eventsOf(registry, name);
  const line = lineOf(events);
  let champion = registry.get(`${name}@champion`);
  if (lastOf(events, champion.id) === ROLLED_BACK && line.length > 1) {
    champion = registry.promote(line[line.length - 2], nowMs, { rollbackOf: champion.id });
  }
  for (const { id, stage, manifest } of registry.list(name)) {
    if (stage !== 'candidate' || manifest.parent === undefined) continue;
    if (isJudged(events, id, REJECTED)) registry.archive(id, nowMs, { reason: 'rejected' });
    else if (manifest.parent !== champion.id) {
      registry.archive(id, nowMs, { reason: `its parent ${manifest.parent} is out of use` });
    }
  }
}

/**
 * Reads the state; changes nothing. `recoverContinualState` comes first where a process may have been cut off.
 * @throws StorageError `unknown-model` where the name has no champion
 */
export function readContinualState(registry: ModelRegistry, name: string, nowMs: number): ContinualState {
  const events = eventsOf(registry, name);
  const champion = registry.get(`${name}@champion`);
  const line = lineOf(events);
  const records = registry.list(name);
  const children = records.filter(({ manifest }) => manifest.parent === champion.id);
  const judged = children.filter(
    ({ id }) => isJudged(events, id, REJECTED) || isJudged(events, id, 'promoted'),
  );
  const place = line.lastIndexOf(champion.id);
  return {
    champion,
    previous: place > 0 ? line[place - 1] : undefined,
    proof: proofOf(events, champion.id),
    candidate: children.find(({ stage }) => stage === 'candidate'),
    trial: judged.length + 1,
    lastTrainedMs: lastTrainingOf(records, nowMs),
    drift: driftOf(events, champion.id),
  };
}

/** Where a candidate will be judged: an embargo after the newest data that it was allowed to see. */
export function stretchOf({ manifest: { createdMs } }: ModelRecord, { gate }: LearnConfig): Stretch {
  return { fromMs: createdMs + gate.embargoHours * HOUR_MS, lengthMs: gate.forwardDays * DAY_MS };
}

/** Keeps a verdict: the challenger is promoted, or rejected and archived. */
export function settleVerdict(
  registry: ModelRegistry,
  challenger: string,
  { decision, reasons, evidence }: GateVerdict,
  nowMs: number,
): void {
  const kept: Json = { reasons: [...reasons], ...evidence };
  if (decision === 'promote') {
    registry.promote(challenger, nowMs, kept);
    return;
  }
  registry.note(challenger, nowMs, REJECTED, kept);
  registry.archive(challenger, nowMs, { reason: 'rejected' });
}

/** Takes the champion out of use for the one before it; where there is none, that is noted, once. @returns the id of the champion from now on */
export function rollBack(
  registry: ModelRegistry,
  { champion, previous, drift }: ContinualState,
  alarms: readonly { readonly sign: string; readonly text: string }[],
  nowMs: number,
): string {
  const evidence: Json = { alarms: alarms.map(({ sign, text }) => ({ sign, text })) };
  if (previous === undefined) {
    if (drift === undefined) registry.note(champion.id, nowMs, DRIFTED, evidence);
    return champion.id;
  }
  registry.note(champion.id, nowMs, ROLLED_BACK, evidence);
  return registry.promote(previous, nowMs, { rollbackOf: champion.id, ...evidence }).id;
}

/** A model from elsewhere may be of any time; one of the future has not been trained here. */
function lastTrainingOf(records: readonly ModelRecord[], nowMs: number): number {
  const times = records
    .filter(({ manifest: { parent, createdMs } }) => parent !== undefined && createdMs <= nowMs)
    .map(({ manifest }) => manifest.createdMs);
  return Math.max(-Infinity, ...times);
}

function driftOf(events: readonly ModelEvent[], id: string): string | undefined {
  const last = events.findLast(
    (event) => event.id === id && (event.action === 'promoted' || event.action === DRIFTED),
  );
  if (last?.action !== DRIFTED) return undefined;
  const { alarms } = last.evidence as { alarms: { text: string }[] };
  return alarms.map(({ text }) => text).join('; ');
}

function eventsOf(registry: ModelRegistry, name: string): ModelEvent[] {
  return registry.events().filter(({ id }) => id.slice(0, id.lastIndexOf('@')) === name);
}

function isJudged(events: readonly ModelEvent[], id: string, action: string): boolean {
  return events.some((event) => event.id === id && event.action === action);
}

function lastOf(events: readonly ModelEvent[], id: string): string | undefined {
  return events.findLast(
    (event) => event.id === id && (event.action === 'promoted' || event.action === ROLLED_BACK),
  )?.action;
}

/** Champions in the order in which they came, without those that were rolled back. */
function lineOf(events: readonly ModelEvent[]): string[] {
  const line: string[] = [];
  for (const { id, action, evidence } of events) {
    if (action !== 'promoted') continue;
    if (isRollback(evidence)) line.pop();
    else if (line.at(-1) !== id) line.push(id);
  }
  return line;
}

function isRollback(evidence: Json): boolean {
  return evidence !== null && typeof evidence === 'object' && 'rollbackOf' in evidence;
}

/** The stretch in the evidence of a model's promotion by the gate. */
function proofOf(events: readonly ModelEvent[], id: string): Stretch | undefined {
  for (const event of events) {
    const { fromMs, toMs } = (event.evidence ?? {}) as { [key: string]: Json };
    if (
      event.id === id &&
      event.action === 'promoted' &&
      typeof fromMs === 'number' &&
      typeof toMs === 'number'
    ) {
      return { fromMs, lengthMs: toMs - fromMs };
    }
  }
  return undefined;
}
