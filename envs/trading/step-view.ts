/** Shows one step of a trading env to its reward: the info as it is now, and what was before. */
import { DOUBLE_ZERO } from '../../core/doubles.ts';
import type { TradingInfo } from './observation.ts';
import type { RewardStep } from './rewards.ts';

export class StepView implements RewardStep {
  previousEquity = DOUBLE_ZERO;
  previousExposure = DOUBLE_ZERO;
  previousPrice = DOUBLE_ZERO;
  numFills = 0;
  readonly #info: TradingInfo;

  /** @param info the env's own, which it overwrites at every step */
  constructor(info: TradingInfo) {
    this.#info = info;
  }

  /** Before anything of the step happens. */
  begin(): void {
    const { equity, exposure, price } = this.#info;
    this.previousEquity = equity;
    this.previousExposure = exposure;
    this.previousPrice = price;
  }

  get timeMs(): number {
    return this.#info.timeMs;
  }

  get row(): number {
    return this.#info.row;
  }

  get equity(): number {
    return this.#info.equity;
  }

  get exposure(): number {
    return this.#info.exposure;
  }

  get targetExposure(): number {
    return this.#info.targetExposure;
  }

  get price(): number {
    return this.#info.price;
  }

  get feePaid(): number {
    return this.#info.feePaid;
  }

  get slippagePaid(): number {
    return this.#info.slippagePaid;
  }

  get interestPaid(): number {
    return this.#info.interestPaid;
  }

  get tradedNotional(): number {
    return this.#info.tradedNotional;
  }

  get fillPrice(): number {
    return this.#info.fillPrice;
  }
}
