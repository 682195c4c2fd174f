/** Names the part of an env's `info` that says what becomes of an account: all that judging trading needs of an env. */

/**
 * The state after a reset or a step, for an env that trades one market. An agent is judged by its account, against
 * baselines and with a verdict, wherever `info` has the first four keys, in whatever env; the others make figures exact
 * that are derived without them. A wrapper that hands `info` on keeps all of it.
 */
export interface AccountInfo {
  /** Open time of the last bar that has closed, UTC epoch; ascends within an episode. */
  timeMs: number;
  /** At which the account is valued, quote units, > 0: the close of that bar. */
  price: number;
  /** Quote units, above 0 at the start of an episode. */
  equity: number;
  /** position·price / equity, the signed fraction of equity held. */
  exposure: number;
  /** Base units, negative when short. Absent: exposure·equity / price. */
  position?: number;
  /** Quote units. Absent: equity − position·price. */
  cash?: number;
  /** This step's |size|·price over all fills, quote units. Absent: |change of position|·price. */
  tradedNotional?: number;
  /** This step's fees, quote units. */
  feePaid?: number;
  /** This step's loss to slippage, quote units. */
  slippagePaid?: number;
  /** This step's interest, quote units. */
  interestPaid?: number;
  /** All costs of this step, quote units, in place of the three above. */
  costPaid?: number;
}

const NEEDED = ['timeMs', 'price', 'equity', 'exposure'] as const satisfies (keyof AccountInfo)[];

/** The keys that an env's info lacks, so that no account can be judged by it; empty where one can. */
export function missingAccountKeys(info: object): string[] {
  return NEEDED.filter((key) => typeof (info as Record<string, unknown>)[key] !== 'number');
}
