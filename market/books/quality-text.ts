/** Writes the report on order books as lines for a terminal. */

import type { EdgeStatistics } from '../arbitrage/edges.ts';
import { formatDuration, percent, shortTime } from '../candles/data-quality.ts';
import type { BookQuality, PairQuality, Spell, VenueQuality } from './quality.ts';

export function formatBookQuality({ venues, pairs }: BookQuality): string {
  return [...venues.flatMap(venueLines), ...pairs.flatMap(pairLines)].join('\n');
}

function venueLines(quality: VenueQuality): string[] {
  const { venue, events, gaps, gapMs, clockOffset, spreadBps, levelSizes, longestStale } = quality;
  const largest = gaps.reduce<Spell | undefined>(longer, undefined);
  const present = levelSizes.filter((size) => !Number.isNaN(size)).length;
  return [
    `${venue.name}  ${venue.base}/${venue.quote}`,
    `  books          ${events}, ${shortTime(quality.firstTimeMs)} to ${shortTime(quality.lastTimeMs)} UTC`,
    `  interval       ${formatDuration(quality.intervalMs)} (median)`,
    `  gaps           ${largest === undefined ? 'none' : `${gaps.length}, the largest ${formatSpell(largest)}`}, beyond ` +
      formatDuration(gapMs),
    `  unchanged top  ${percent(quality.unchangedTopShare)} of the books`,
    `  stale spells   ${longestStale === undefined ? 'none' : `${quality.staleSpells}, the longest ${formatSpell(longestStale)}`}`,
    `  locked books   ${quality.lockedBooks}`,
    `  crossed books  ${quality.crossedBooks}`,
    `  clock offset   ${formatClock(clockOffset, events)}`,
    `  spread         ${number(spreadBps.mean)} ± ${number(spreadBps.deviation)} bp, median ${number(spreadBps.median)} bp`,
    `  depth          ${present} levels, median size ${number(levelSizes[0])} at the best, ` +
      `${number(levelSizes[present - 1])} at the last`,
  ];
}

function pairLines(quality: PairQuality): string[] {
  const { a, b, mismatch, midSpreadBps, buyASellB, buyBSellA, leadLag, staleMs, staleShare } = quality;
  const lines = [`${a.name} and ${b.name}`];
  if (mismatch !== undefined) {
    lines.push(`  not compared   ${mismatch}: a conversion series is needed to compare prices`);
  }
  if (midSpreadBps !== undefined) {
    const { mean, deviation } = midSpreadBps;
    lines.push(`  mid spread     ${number(mean)} ± ${number(deviation)} bp, ${a.name} over ${b.name}`);
    lines.push(
      `  stale          ${percent(staleShare)} of the time one of the two is older than ${formatDuration(staleMs)}`,
    );
  }
  for (const [edges, from, to] of [
    [buyASellB, a.name, b.name],
    [buyBSellA, b.name, a.name],
  ] as const) {
    if (edges !== undefined) lines.push(`  buy ${from}, sell ${to}, before fees: ${formatEdges(edges)}`);
  }
  if (leadLag === undefined) lines.push('  lead and lag   too short a common span');
  else if (leadLag.significant) {
    const leader = leadLag.bestLagMs > 0 ? `${a.name} leads by` : `${b.name} leads by`;
    const lag =
      leadLag.bestLagMs === 0 ? 'together' : `${leader} ${formatDuration(Math.abs(leadLag.bestLagMs))}`;
    lines.push(
      `  lead and lag   ${lag}, correlation ${number(leadLag.bestCorrelation)} ` +
        `(${number(leadLag.correlation)} without a shift), in steps of ${formatDuration(leadLag.stepMs)}`,
    );
  } else {
    lines.push(`  lead and lag   none: returns over ${formatDuration(leadLag.stepMs)} move independently`);
  }
  return lines;
}

function formatEdges(edges: EdgeStatistics): string {
  if (edges.positiveShare === 0) return `never above 0, at most ${number(edges.maxBps)} bp`;
  return (
    `above 0 ${percent(edges.positiveShare)} of the time, above 20 bp ${percent(edges.above20Share)}, at most ` +
    `${number(edges.maxBps)} bp; ${edges.spells} spells of ${number(edges.medianSpellSamples)} books (median), ` +
    `${formatDuration(edges.meanSpellMs)} (mean)`
  );
}

function formatClock(offset: VenueQuality['clockOffset'], events: number): string {
  if (offset === undefined) return 'unknown: the file has no exchange times';
  const { lowMs, medianMs, highMs, negative } = offset;
  const text = `received ${number(medianMs)} ms after the venue's time (median), 1 % to 99 %: ${number(lowMs)} to ${number(highMs)} ms`;
  if (negative === 0) return text;
  return `${text}; ${percent(negative / events)} arrive before they are sent: one of the clocks is wrong`;
}

const formatSpell = ({ fromMs, toMs }: Spell): string =>
  `${formatDuration(toMs - fromMs)} from ${shortTime(fromMs)}`;

const longer = (best: Spell | undefined, spell: Spell): Spell =>
  best === undefined || spell.toMs - spell.fromMs > best.toMs - best.fromMs ? spell : best;

const number = (value: number): string => String(Number(value.toPrecision(4)));
