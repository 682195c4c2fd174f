/** Makes a session of this process a member of the limits of their sum. */
import type { LiveConfig } from '../../../live/session/config.ts';
import type { LiveRun } from '../../../live/session/live-run.ts';
import type { OuterLimit, RiskMember, TotalRisk } from '../../../live/session/total-risk.ts';
import type { TapeRecord } from '../../../storage/tape.ts';

export interface JoinedMember {
  /** For the options of the run. */
  limit(timeMs: number): OuterLimit;
  onRecord(record: TapeRecord): void;
  /** The run is there. */
  attach(run: LiveRun): void;
}

/** Until its run is there a session counts with its initial equity, and a halt waits for it. */
export function joinTotal(total: TotalRisk, config: LiveConfig): JoinedMember {
  let run: LiveRun | undefined;
  let haltReason: string | undefined;
  const initialEquity = config.mode === 'record' ? 0 : config.env.initialEquity;
  const member: RiskMember = {
    get account() {
      return run === undefined ? { equity: initialEquity, committed: 0 } : accountOf(run);
    },
    halt(reason) {
      if (run === undefined) haltReason = reason;
      else run.halt(reason);
    },
  };
  total.join(member);
  return {
    limit: (timeMs) => total.limitOf(member, timeMs),
    onRecord([kind, timeMs]) {
      if (kind === 'order') total.onOrder(timeMs);
    },
    attach(present) {
      run = present;
      if (haltReason !== undefined) run.halt(haltReason);
    },
  };
}

/** What is open, or will be when the order under way arrives. */
function accountOf({ market }: LiveRun): RiskMember['account'] {
  const { equity, exposure } = market.account;
  const { targetExposure } = market.describe() as { targetExposure?: number };
  const target = Number.isFinite(targetExposure) ? Math.abs(targetExposure as number) : 0;
  return { equity, committed: Math.max(Math.abs(exposure), target) };
}
