/** Writes a session's state in Prometheus' text format, version 0.0.4. */
import { LATENCY_BOUNDS } from './latency-histogram.ts';
import type { OpsState } from './view.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

const GUARD_STATES = ['active', 'reducing', 'halted'];

/** @param numClients of the stream; @param numDropped of them that were too slow */
export function formatMetrics(state: OpsState, numClients: number, numDropped: number): string {
  const { account, counts, decisionLatency, guard, loopLag, model, venues } = state;
  const lines: string[] = [];
  const write = (name: string, type: string, help: string, samples: readonly Sample[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP market_gym_${name} ${help}`, `# TYPE market_gym_${name} ${type}`);
    for (const [labels, value] of samples)
      lines.push(`market_gym_${name}${labelText(labels)} ${numberText(value)}`);
  };
  const by = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(values).map(([key, value]) => [{ [label]: key }, value]);
  const perVenue = (value: (venue: OpsState['venues'][number]) => number): Sample[] =>
    venues.map((venue) => [labelsOf(venue), value(venue)]);
  const perReason = (
    values: (venue: OpsState['venues'][number]) => Readonly<Record<string, number | undefined>>,
  ): Sample[] =>
    venues.flatMap((venue) =>
      Object.entries(values(venue)).map(
        ([reason, value]): Sample => [{ ...labelsOf(venue), reason }, value ?? 0],
      ),
    );

  write(
    'venue_frames_total',
    'counter',
    'Frames of any content.',
    perVenue(({ counters }) => counters.frames),
  );
  write(
    'venue_rejected_total',
    'counter',
    'Frames that could not be used.',
    perReason(({ counters }) => counters.rejected),
  );
  write(
    'venue_losses_total',
    'counter',
    'Times a book was found wrong or incomplete.',
    perReason(({ counters }) => counters.losses),
  );
  write(
    'venue_resyncs_total',
    'counter',
    'Books asked for anew.',
    perVenue(({ counters }) => counters.resyncs),
  );
  write(
    'venue_stale_total',
    'counter',
    'Times a book was not confirmed for too long.',
    perVenue(({ counters }) => counters.stale),
  );
  write(
    'venue_connections_total',
    'counter',
    'Connections opened.',
    perVenue(({ counters }) => counters.connections),
  );
  write(
    'venue_tradable',
    'gauge',
    '1 while the book may be traded on.',
    perVenue(({ isTradable }) => Number(isTradable)),
  );
  write(
    'venue_clock_offset_seconds',
    'gauge',
    "Local clock minus the venue's, quickest message.",
    perVenue(({ clockOffsetMs }) => clockOffsetMs / 1000),
  );
  write(
    'venue_heard_timestamp_seconds',
    'gauge',
    'When something last came in.',
    perVenue(({ lastMessageMs }) => lastMessageMs / 1000),
  );

  write('decisions_total', 'counter', "Decisions, by the guard's verdict.", by('verdict', counts.verdicts));
  write(
    'denials_total',
    'counter',
    "Decisions that were not the policy's own.",
    by('reason', counts.denials),
  );
  write('tape_records_total', 'counter', 'Records on the tape.', by('kind', counts.records));
  write('fills_total', 'counter', 'Fills of the session.', [[{}, account.numFills]]);
  write('orders_under_way', 'gauge', 'Orders on their way.', [[{}, account.numOrders]]);
  write('equity', 'gauge', 'Equity, quote units.', [[{}, account.equity]]);
  write('initial_equity', 'gauge', "Equity at the session's begin, quote units.", [
    [{}, account.initialEquity],
  ]);
  write('exposure', 'gauge', 'Signed fraction of equity at risk.', [[{}, account.exposure]]);
  write('running', 'gauge', '1 while the session runs.', [[{}, Number(state.isRunning)]]);
  write(
    'guard_state',
    'gauge',
    '1 for the state the risk guard is in.',
    GUARD_STATES.map((name): Sample => [{ state: name }, Number(guard.state === name)]),
  );
  write('model_info', 'gauge', 'The model in use.', [[{ model: model.id }, 1]]);
  if (model.createdMs !== null) {
    write('model_age_seconds', 'gauge', 'Age of the model in use.', [
      [{ model: model.id }, (state.timeMs - model.createdMs) / 1000],
    ]);
  }

  const latency: Sample[] = LATENCY_BOUNDS.map((bound, i) => [
    { le: String(bound) },
    decisionLatency.atMost[i],
  ]);
  latency.push([{ le: '+Inf' }, decisionLatency.count]);
  const name = 'market_gym_decision_latency_seconds';
  lines.push(
    `# HELP ${name} From receipt of an input or tick to the record of its decision.`,
    `# TYPE ${name} histogram`,
  );
  for (const [labels, value] of latency) lines.push(`${name}_bucket${labelText(labels)} ${value}`);
  lines.push(
    `${name}_sum ${numberText(decisionLatency.sumSeconds)}`,
    `${name}_count ${decisionLatency.count}`,
  );

  if (loopLag !== null) {
    write('event_loop_lag_seconds', 'gauge', 'How long timers waited.', [
      [{ quantile: '0.5' }, loopLag.p50Ms / 1000],
      [{ quantile: '0.99' }, loopLag.p99Ms / 1000],
      [{ quantile: '1' }, loopLag.maxMs / 1000],
    ]);
  }
  write('stream_clients', 'gauge', 'Clients of the stream.', [[{}, numClients]]);
  write('stream_dropped_total', 'counter', 'Clients that were too slow for the stream.', [[{}, numDropped]]);
  return `${lines.join('\n')}\n`;
}

function labelsOf({ venue, symbol }: { venue: string; symbol: string }): Labels {
  return { venue, symbol };
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
