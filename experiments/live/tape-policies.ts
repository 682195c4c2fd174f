/** The policies of all models that a tape names. */
import { readHeader } from '../../live/session/assemble.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import type { LivePolicy } from '../../live/session/policy.ts';
import { readTape } from '../../storage/tape.ts';
import { type PolicyChoice, type PolicySource, reopenPolicy } from './policy.ts';

/**
 * @param known policies that are open already
 * @param choice where the models are now, if they are not where they were
 * @returns what `LiveRun` and `replayTape` ask for
 * @throws LiveError, StorageError for the tape; ConfigError `model-differs` for a model that is not there any more
 */
export async function tapePolicies(
  tape: string,
  choice: Pick<PolicyChoice, 'run' | 'registry' | 'access' | 'catalog'>,
  known: readonly PolicySource[] = [],
): Promise<(model: string, createdMs: number, market: LiveMarket) => LivePolicy> {
  const sources = new Map(known.map((source) => [source.model, source]));
  for (const { record, index } of readTape(tape, { onTorn: () => {} })) {
    const name =
      index === 0 ? readHeader(record).model : record[0] === 'model' ? String(record[2]) : undefined;
    if (name !== undefined && !sources.has(name)) sources.set(name, await reopenPolicy(name, choice));
  }
  return (model, _createdMs, market) => sources.get(model)!.policyFor(market);
}
