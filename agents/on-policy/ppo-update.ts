/** Learns from a full rollout: epochs of shuffled minibatches, each a clipped step of the optimizer. */
import type { z } from '../../core/config.ts';
import { TrainingError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { restoreArrayInto, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { ParameterBlock } from '../../networks/network.ts';
import { clipGradientNorm, type Optimizer } from '../../networks/optimizer.ts';
import { MetricMeans } from '../metric-means.ts';
import { type scheduleConfig, scheduled } from '../schedule.ts';
import {
  PpoLoss,
  type PpoLossConfig,
  type PpoLosses,
  type PpoMinibatch,
  type PpoNetworks,
} from './ppo-loss.ts';

type Schedule = z.output<typeof scheduleConfig>;

export interface PpoUpdateConfig extends PpoLossConfig {
  readonly learningRate: number;
  readonly learningRateSchedule: Schedule;
  readonly clipRange: number;
  readonly clipRangeSchedule: Schedule;
  readonly epochs: number;
  readonly maxGradientNorm: number;
  /** 0 turns the early end off. */
  readonly targetKl: number;
}

export type OptimizerFactory = (kernels: Kernels, blocks: readonly ParameterBlock[]) => Optimizer;

/** How a rollout is cut into minibatches. */
export interface Minibatches {
  /** What an epoch shuffles: the rollout's rows, or its sequences of rows. */
  readonly numUnits: number;
  readonly unitsPerMinibatch: number;
  /** The minibatch of these units. */
  gather(units: Int32Array): PpoMinibatch;
}

export class PpoUpdate {
  readonly #kernels: Kernels;
  readonly #networks: PpoNetworks;
  readonly #blocks: readonly ParameterBlock[];
  readonly #optimizer: Optimizer;
  readonly #loss: PpoLoss;
  readonly #config: PpoUpdateConfig;
  readonly #totalSteps: number;

  /**
   * @param maxRows of a minibatch
   * @param totalSteps env steps of the whole run, for schedules
   */
  constructor(
    kernels: Kernels,
    networks: PpoNetworks,
    createOptimizer: OptimizerFactory,
    config: PpoUpdateConfig,
    maxRows: number,
    totalSteps: number,
  ) {
    this.#kernels = kernels;
    this.#networks = networks;
    this.#blocks = [networks.policy, networks.critic, ...networks.head.blocks];
    this.#optimizer = createOptimizer(kernels, this.#blocks);
    this.#loss = new PpoLoss(networks, config, maxRows, kernels);
    this.#config = config;
    this.#totalSteps = totalSteps;
  }

  /**
   * @param envStep steps taken so far, over all envs
   * @returns losses, averaged over the minibatches, and the settings of this update
   * @throws TrainingError `non-finite-loss`, before the weights move
   */
  run(
    { numUnits, unitsPerMinibatch, gather }: Minibatches,
    rng: Rng,
    envStep: number,
  ): Record<string, number> {
    const { epochs, maxGradientNorm, targetKl, ...config } = this.#config;
    const remaining = 1 - envStep / this.#totalSteps;
    const learningRate = scheduled(config.learningRate, config.learningRateSchedule, remaining);
    const clipRange = scheduled(config.clipRange, config.clipRangeSchedule, remaining);
    const order = Int32Array.from({ length: numUnits }, (_, i) => i);
    const means = new MetricMeans();
    for (let epoch = 0; epoch < epochs; epoch++) {
      rng.shuffle(order);
      for (let start = 0; start < numUnits; start += unitsPerMinibatch) {
        const minibatch = gather(order.subarray(start, start + unitsPerMinibatch));
        const losses = this.#loss.accumulateGradients(minibatch, clipRange);
        const gradientNorm = clipGradientNorm(this.#kernels, this.#blocks, maxGradientNorm);
        requireFinite(losses, gradientNorm, envStep, epoch);
        means.add({ ...losses, gradientNorm });
        if (targetKl > 0 && losses.approxKl > 1.5 * targetKl) {
          for (const block of this.#blocks) block.gradients.fill(0);
          epoch = epochs;
          break;
        }
        this.#optimizer.step(learningRate);
      }
    }
    return { ...means.take(), learningRate, clipRange };
  }

  /** The parts of a snapshot that hold what was learnt. */
  saveParts(): Record<string, Snapshot> {
    const { policy, critic, head } = this.#networks;
    return {
      policy: { arrays: { parameters: policy.parameters.slice() }, values: {} },
      critic: { arrays: { parameters: critic.parameters.slice() }, values: {} },
      head: head.save(),
      optimizer: this.#optimizer.save(),
    };
  }

  /** @throws StorageError `snapshot-mismatch` */
  loadParts(snapshot: Snapshot): void {
    const { policy, critic, head } = this.#networks;
    restoreArrayInto(policy.parameters, snapshot, 'policy/parameters');
    restoreArrayInto(critic.parameters, snapshot, 'critic/parameters');
    head.load(snapshotPart(snapshot, 'head'));
    this.#optimizer.load(snapshotPart(snapshot, 'optimizer'));
  }
}

function requireFinite(losses: PpoLosses, gradientNorm: number, envStep: number, epoch: number): void {
  const { policyLoss, valueLoss, entropy } = losses;
  if (Number.isFinite(gradientNorm) && Number.isFinite(policyLoss + valueLoss + entropy)) return;
  throw new TrainingError(
    'non-finite-loss',
    `PPO stopped at env step ${envStep} (epoch ${epoch + 1} of the update): policy loss ${policyLoss}, ` +
      `value loss ${valueLoss}, entropy ${entropy}, gradient norm ${gradientNorm}. The weights are those before this ` +
      'step. Try a lower learningRate, or normalizeObservations and normalizeRewards.',
  );
}
