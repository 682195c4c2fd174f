/** The policies of all models that a tape names. */
import { LiveError } from '../../core/errors.ts';
import { readHeader } from '../../live/session/assemble.ts';
import { readCheckpoint } from '../../live/session/checkpoint.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import type { LivePolicy } from '../../live/session/policy.ts';
import { readTape, type TapeRecord } from '../../storage/tape.ts';
import type { TapePlace } from '../../storage/tape-place.ts';
import { CHECKPOINT_KIND } from '../../storage/tape-segments.ts';
import { type PolicyChoice, type PolicySource, reopenPolicy } from './policy.ts';

/**
 * @param from where the tape is read from; absent: its first record
 * @param known policies that are open already
 * @param choice where the models are now, if they are not where they were
 * @returns what `LiveRun` and `replayTape` ask for
 * @throws LiveError, StorageError for the tape; ConfigError `model-differs` for a model that is not there any more
 */
export async function tapePolicies(
  tape: string,
  choice: Pick<PolicyChoice, 'run' | 'registry' | 'access' | 'catalog'>,
  known: readonly PolicySource[] = [],
  from?: TapePlace,
): Promise<(model: string, createdMs: number, market: LiveMarket) => LivePolicy> {
  const sources = new Map(known.map((source) => [source.model, source]));
  let isFirst = true;
  for (const { record } of readTape(tape, { from, onTorn: () => {} })) {
    const name = isFirst ? deciderAt(record) : record[0] === 'model' ? String(record[2]) : undefined;
    isFirst = false;
    if (name !== undefined && !sources.has(name)) sources.set(name, await reopenPolicy(name, choice));
  }
  return (model, _createdMs, market) => {
    const source = sources.get(model);
    if (source !== undefined) return source.policyFor(market);
    throw new LiveError(
      'tape-differs',
      `"${tape}" does not repeat itself: nothing names its model "${model}".`,
    );
  };
}

/** The model that decides after a tape's first record. */
function deciderAt(record: TapeRecord): string {
  return record[0] === CHECKPOINT_KIND ? readCheckpoint(record).model : readHeader(record).model;
}
