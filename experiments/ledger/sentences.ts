/** Says what a count of trials means, one sentence each. */
import { ALIKE_CORRELATION } from '../../market/statistics/trial-clusters.ts';
import type { TrialCount } from './count-trials.ts';

/** A figure with the sentence that says what it is. */
export interface TrialSentence {
  readonly label: string;
  readonly sentence: string;
}

export function describeTrials(count: TrialCount): TrialSentence[] {
  return [describeTrialNumber(count), ...describeDeflation(count), looks(count)];
}

export function describeDeflation(count: TrialCount): TrialSentence[] {
  return [psr(count), dsr(count), trackRecord(count)];
}

/** @param reason why nothing was counted */
export function describeNoTrials(reason: string): TrialSentence {
  return {
    label: 'Trials',
    sentence: `Trials are not counted: ${reason}; read the verdict as that of one try, not of the best of many.`,
  };
}

export function describeTrialNumber({ numTrials, effectiveTrials, numRows }: TrialCount): TrialSentence {
  const worth =
    numTrials === 1
      ? 'this one alone'
      : `${numTrials}, this one included (${numRows} ${numRows === 1 ? 'row' : 'rows'} of the ledger), worth ${round(effectiveTrials)} independent ${round(effectiveTrials) === '1' ? 'one' : 'ones'} ` +
        `(average linkage, alike from a correlation of ${ALIKE_CORRELATION} of their returns)`;
  return { label: 'Trials', sentence: `Trials on these data and this test span: ${worth}.` };
}

function psr({ sharpe, probabilisticSharpe, periodsPerYear }: TrialCount): TrialSentence {
  const label = 'Probabilistic Sharpe ratio';
  if (Number.isNaN(sharpe)) {
    return { label, sentence: `${label}: undefined, for the returns beyond its mean exposure never change.` };
  }
  return {
    label,
    sentence:
      `${label}: ${share(probabilisticSharpe)} that the true Sharpe ratio of the returns beyond its mean exposure, ` +
      `${yearly(sharpe, periodsPerYear)} a year here, is above 0.`,
  };
}

function dsr({ sharpe, deflatedSharpe, expectedBest, numTrials, periodsPerYear }: TrialCount): TrialSentence {
  const label = 'Deflated Sharpe ratio';
  if (Number.isNaN(sharpe)) return { label, sentence: `${label}: undefined likewise.` };
  if (numTrials === 1) return { label, sentence: `${label}: the same, for nothing else was tried.` };
  return {
    label,
    sentence:
      `${label}: ${share(deflatedSharpe)} that it is above ${yearly(expectedBest, periodsPerYear)} a year, what the best of so many trials ` +
      `without skill would show${deflatedSharpe > 0.95 ? '' : '; below .95 it may be luck'}.`,
  };
}

function trackRecord({ sharpe, minimumTrackRecord, numPeriods, periodsPerYear }: TrialCount): TrialSentence {
  const label = 'Minimum track record';
  if (Number.isNaN(sharpe)) return { label, sentence: `${label}: undefined likewise.` };
  const years = (periods: number): string => (periods / periodsPerYear).toPrecision(3);
  const needed = Number.isFinite(minimumTrackRecord)
    ? `${Math.ceil(minimumTrackRecord).toLocaleString('en')} periods (${years(minimumTrackRecord)} years) of such returns are needed before it is above 0 ` +
      `with 95 % confidence; there are ${numPeriods.toLocaleString('en')}.`
    : 'none is long enough for a Sharpe ratio that is not above 0.';
  return { label, sentence: `${label}: ${needed}` };
}

function looks({ numOthersSeen, numLooks }: TrialCount): TrialSentence {
  const label = 'Looks at the test span';
  const others =
    numOthersSeen === 0
      ? numLooks === 0
        ? 'this is the first.'
        : `this is look ${numLooks + 1}, all at this configuration.`
      : `this is look ${numLooks + 1}, after ${numOthersSeen} other ${numOthersSeen === 1 ? 'configuration' : 'configurations'} was judged by it; ` +
        'whoever chose by those results has used up part of the test.';
  return {
    label,
    sentence: `${label}: ${others.replace(/(\d+) other configurations was/, '$1 other configurations were')}`,
  };
}

const share = (probability: number): string =>
  `probability ${Math.max(0, probability).toFixed(2).replace(/^0/, '')}`;
const round = (count: number): string => String(Number(count.toFixed(1)));

function yearly(sharpe: number, periodsPerYear: number): string {
  const value = sharpe * Math.sqrt(periodsPerYear);
  return `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;
}
