/** Writes the inputs of a session as a tape holds them, and reads them back. */
import type { Json } from '../../core/snapshot.ts';
import type { Action } from '../../envs/spaces.ts';
import type { VenueInput } from '../connection/venue.ts';

/** What a tape holds of an input, after its source. */
export function inputToJson(input: VenueInput): Json[] {
  switch (input.kind) {
    case 'frame':
      return ['frame', input.text];
    case 'binary':
      return ['binary', input.bytes];
    case 'snapshot':
      return ['snapshot', input.symbol, input.body];
    case 'snapshot-failed':
      return ['snapshot-failed', input.symbol, input.status, input.retryAfterMs, input.detail];
    case 'close':
      return ['close', input.reason];
    case 'open':
      return input.speed === undefined ? ['open'] : ['open', input.speed];
    // The word on tapes is older than the name.
    case 'heartbeat':
      return ['beat'];
    default:
      return [input.kind];
  }
}

/** @param json as `inputToJson` made it */
export function inputFromJson([kind, ...rest]: readonly Json[]): VenueInput {
  switch (kind) {
    case 'frame':
      return { kind, text: String(rest[0]) };
    case 'binary':
      return { kind, bytes: Number(rest[0]) };
    case 'snapshot':
      return { kind, symbol: String(rest[0]), body: String(rest[1]) };
    case 'snapshot-failed':
      return {
        kind,
        symbol: String(rest[0]),
        status: Number(rest[1]),
        retryAfterMs: Number(rest[2]),
        detail: String(rest[3]),
      };
    case 'close':
      return { kind, reason: String(rest[0]) };
    case 'open':
      return typeof rest[0] === 'number' ? { kind, speed: rest[0] } : { kind };
    case 'beat':
      return { kind: 'heartbeat' };
    default:
      return { kind: kind as 'tick' };
  }
}

/** JSON has no NaN and no Infinity: such a number becomes its name. */
export function actionToJson(action: Action): Json {
  const toJson = (value: number): Json => (Number.isFinite(value) ? value : String(value));
  return typeof action === 'number' ? toJson(action) : Array.from(action, toJson);
}

/** @param json as `actionToJson` made it */
export function actionFromJson(json: Json): Action {
  return Array.isArray(json) ? Float32Array.from(json, Number) : Number(json);
}
