/**
 * Splits activations, softmax and scaling over a team. Each function takes the team's control block (0 = no team) and
 * returns 0, or 1 when a thread was lost. What is too small to gain from company is done alone: chunks of one matrix
 * come to lie in several caches, and fetching them from there costs more than a short computation.
 */
import { activate, activationGradient, activationGradientBlock, biasActivate } from './activation';
import {
  ACTIVATE,
  ACTIVATION_GRADIENT,
  BIAS_ACTIVATE,
  FIRST,
  get,
  grainOf,
  LOG_SOFTMAX,
  put,
  SCALE,
} from './command';
import { isAlone, nextCommand, submit } from './dispatch';
import { logSoftmax } from './softmax';
import { scale } from './update';

/** Numbers that are not split, and numbers of a chunk. */
const ALONE_BELOW: i32 = 32768;
const CHUNK: i32 = 4096;

/** See `activate`. */
export function splitActivate(team: usize, threads: i32, values: usize, length: i32, activation: i32): i32 {
  if (isAlone(team, length < ALONE_BELOW)) {
    activate(values, length, activation);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, values);
  put<i32>(command, FIRST + 1, length);
  put<i32>(command, FIRST + 2, activation);
  return submit(team, ACTIVATE, length, grainOf(length, CHUNK, threads, 16));
}

export function activateRange(command: usize, from: i32, grain: i32): void {
  const length = min(grain, get<i32>(command, FIRST + 1) - from);
  activate(get<usize>(command, FIRST) + ((<usize>from) << 2), length, get<i32>(command, FIRST + 2));
}

/** See `biasActivate`. */
export function splitBiasActivate(
  team: usize,
  threads: i32,
  values: usize,
  bias: usize,
  rows: i32,
  columns: i32,
  activation: i32,
): i32 {
  if (isAlone(team, <f64>rows * <f64>columns < <f64>ALONE_BELOW)) {
    biasActivate(values, bias, rows, columns, activation);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, values);
  put<usize>(command, FIRST + 1, bias);
  put<i32>(command, FIRST + 2, rows);
  put<i32>(command, FIRST + 3, columns);
  put<i32>(command, FIRST + 4, activation);
  return submit(team, BIAS_ACTIVATE, rows, grainOf(rows, CHUNK / max(columns, 1), threads, 4));
}

export function biasActivateRange(command: usize, from: i32, grain: i32): void {
  const columns = get<i32>(command, FIRST + 3);
  biasActivate(
    get<usize>(command, FIRST) + ((<usize>from * <usize>columns) << 2),
    get<usize>(command, FIRST + 1),
    min(grain, get<i32>(command, FIRST + 2) - from),
    columns,
    get<i32>(command, FIRST + 4),
  );
}

/** See `activationGradient`; split by columns, since a column is summed in order. */
export function splitActivationGradient(
  team: usize,
  threads: i32,
  outputs: usize,
  activation: i32,
  gradients: usize,
  biasGradients: usize,
  rows: i32,
  columns: i32,
): i32 {
  if (isAlone(team, columns < 32 || <f64>rows * <f64>columns < <f64>ALONE_BELOW)) {
    activationGradient(outputs, activation, gradients, biasGradients, rows, columns);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, outputs);
  put<i32>(command, FIRST + 1, activation);
  put<usize>(command, FIRST + 2, gradients);
  put<usize>(command, FIRST + 3, biasGradients);
  put<i32>(command, FIRST + 4, rows);
  put<i32>(command, FIRST + 5, columns);
  const smallest = (2 * CHUNK) / max(rows, 1);
  return submit(team, ACTIVATION_GRADIENT, columns, grainOf(columns, smallest, threads, 16));
}

export function gradientColumns(command: usize, from: i32, grain: i32): void {
  const columns = get<i32>(command, FIRST + 5);
  const offset = (<usize>from) << 2;
  activationGradientBlock(
    get<usize>(command, FIRST) + offset,
    get<i32>(command, FIRST + 1),
    get<usize>(command, FIRST + 2) + offset,
    get<usize>(command, FIRST + 3) + offset,
    get<i32>(command, FIRST + 4),
    min(grain, columns - from),
    (<usize>columns) << 2,
  );
}

/** See `logSoftmax`. */
export function splitLogSoftmax(
  team: usize,
  threads: i32,
  logits: usize,
  logProbs: usize,
  probabilities: usize,
  rows: i32,
  columns: i32,
  stride: usize,
): i32 {
  const padded = (columns + 3) & ~3;
  if (isAlone(team, <f64>rows * <f64>padded < <f64>ALONE_BELOW)) {
    logSoftmax(logits, logProbs, probabilities, rows, columns, stride);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, logits);
  put<usize>(command, FIRST + 1, logProbs);
  put<usize>(command, FIRST + 2, probabilities);
  put<i32>(command, FIRST + 3, rows);
  put<i32>(command, FIRST + 4, columns);
  put<usize>(command, FIRST + 5, stride);
  return submit(team, LOG_SOFTMAX, rows, grainOf(rows, CHUNK / max(padded, 4), threads, 4));
}

export function softmaxRows(command: usize, from: i32, grain: i32): void {
  const stride = get<usize>(command, FIRST + 5);
  const offset = <usize>from * stride;
  logSoftmax(
    get<usize>(command, FIRST) + offset,
    get<usize>(command, FIRST + 1) + offset,
    get<usize>(command, FIRST + 2) + offset,
    min(grain, get<i32>(command, FIRST + 3) - from),
    get<i32>(command, FIRST + 4),
    stride,
  );
}

/** See `scale`. */
export function splitScale(team: usize, threads: i32, values: usize, length: i32, factor: f32): i32 {
  if (isAlone(team, length < ALONE_BELOW)) {
    scale(values, length, factor);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, values);
  put<i32>(command, FIRST + 1, length);
  put<f32>(command, FIRST + 2, factor);
  return submit(team, SCALE, length, grainOf(length, CHUNK, threads, 16));
}

export function scaleRange(command: usize, from: i32, grain: i32): void {
  const length = min(grain, get<i32>(command, FIRST + 1) - from);
  scale(get<usize>(command, FIRST) + ((<usize>from) << 2), length, get<f32>(command, FIRST + 2));
}
