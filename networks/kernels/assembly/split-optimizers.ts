/**
 * Splits optimizer steps over a team. Each function takes the team's control block (0 = no team) and returns 0, or 1
 * when a thread was lost. What is too small to gain from company is done alone: chunks of one matrix come to lie in
 * several caches, and fetching them from there costs more than a short computation.
 */
import { ADAM, FIRST, get, grainOf, put, RMS_PROP, SGD } from './command';
import { isAlone, nextCommand, submit } from './dispatch';
import { adam, rmsProp, sgd } from './update';

/** Parameters that are not split, and parameters of a chunk. */
const ALONE_BELOW: i32 = 32768;
const CHUNK: i32 = 4096;

/** See `adam`. */
export function splitAdam(
  team: usize,
  threads: i32,
  parameters: usize,
  gradients: usize,
  firstMoments: usize,
  secondMoments: usize,
  length: i32,
  keep: f32,
  beta1Rest: f32,
  beta2: f32,
  beta2Rest: f32,
  stepSize: f32,
  rootScale: f32,
  epsilon: f32,
): i32 {
  if (isAlone(team, length < ALONE_BELOW)) {
    adam(
      parameters,
      gradients,
      firstMoments,
      secondMoments,
      length,
      keep,
      beta1Rest,
      beta2,
      beta2Rest,
      stepSize,
      rootScale,
      epsilon,
    );
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, parameters);
  put<usize>(command, FIRST + 1, gradients);
  put<usize>(command, FIRST + 2, firstMoments);
  put<usize>(command, FIRST + 3, secondMoments);
  put<i32>(command, FIRST + 4, length);
  put<f32>(command, FIRST + 5, keep);
  put<f32>(command, FIRST + 6, beta1Rest);
  put<f32>(command, FIRST + 7, beta2);
  put<f32>(command, FIRST + 8, beta2Rest);
  put<f32>(command, FIRST + 9, stepSize);
  put<f32>(command, FIRST + 10, rootScale);
  put<f32>(command, FIRST + 11, epsilon);
  return submit(team, ADAM, length, grainOf(length, CHUNK, threads, 16));
}

export function adamRange(command: usize, from: i32, grain: i32): void {
  const offset = (<usize>from) << 2;
  adam(
    get<usize>(command, FIRST) + offset,
    get<usize>(command, FIRST + 1) + offset,
    get<usize>(command, FIRST + 2) + offset,
    get<usize>(command, FIRST + 3) + offset,
    min(grain, get<i32>(command, FIRST + 4) - from),
    get<f32>(command, FIRST + 5),
    get<f32>(command, FIRST + 6),
    get<f32>(command, FIRST + 7),
    get<f32>(command, FIRST + 8),
    get<f32>(command, FIRST + 9),
    get<f32>(command, FIRST + 10),
    get<f32>(command, FIRST + 11),
  );
}

/** See `rmsProp`. */
export function splitRmsProp(
  team: usize,
  threads: i32,
  parameters: usize,
  gradients: usize,
  squares: usize,
  length: i32,
  alpha: f32,
  alphaRest: f32,
  learningRate: f32,
  epsilon: f32,
): i32 {
  if (isAlone(team, length < ALONE_BELOW)) {
    rmsProp(parameters, gradients, squares, length, alpha, alphaRest, learningRate, epsilon);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, parameters);
  put<usize>(command, FIRST + 1, gradients);
  put<usize>(command, FIRST + 2, squares);
  put<i32>(command, FIRST + 3, length);
  put<f32>(command, FIRST + 4, alpha);
  put<f32>(command, FIRST + 5, alphaRest);
  put<f32>(command, FIRST + 6, learningRate);
  put<f32>(command, FIRST + 7, epsilon);
  return submit(team, RMS_PROP, length, grainOf(length, CHUNK, threads, 16));
}

export function rmsPropRange(command: usize, from: i32, grain: i32): void {
  const offset = (<usize>from) << 2;
  rmsProp(
    get<usize>(command, FIRST) + offset,
    get<usize>(command, FIRST + 1) + offset,
    get<usize>(command, FIRST + 2) + offset,
    min(grain, get<i32>(command, FIRST + 3) - from),
    get<f32>(command, FIRST + 4),
    get<f32>(command, FIRST + 5),
    get<f32>(command, FIRST + 6),
    get<f32>(command, FIRST + 7),
  );
}

/** See `sgd`. */
export function splitSgd(
  team: usize,
  threads: i32,
  parameters: usize,
  gradients: usize,
  velocities: usize,
  length: i32,
  momentum: f32,
  learningRate: f32,
): i32 {
  if (isAlone(team, length < ALONE_BELOW)) {
    sgd(parameters, gradients, velocities, length, momentum, learningRate);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, parameters);
  put<usize>(command, FIRST + 1, gradients);
  put<usize>(command, FIRST + 2, velocities);
  put<i32>(command, FIRST + 3, length);
  put<f32>(command, FIRST + 4, momentum);
  put<f32>(command, FIRST + 5, learningRate);
  return submit(team, SGD, length, grainOf(length, CHUNK, threads, 16));
}

export function sgdRange(command: usize, from: i32, grain: i32): void {
  const offset = (<usize>from) << 2;
  sgd(
    get<usize>(command, FIRST) + offset,
    get<usize>(command, FIRST + 1) + offset,
    get<usize>(command, FIRST + 2) + offset,
    min(grain, get<i32>(command, FIRST + 3) - from),
    get<f32>(command, FIRST + 4),
    get<f32>(command, FIRST + 5),
  );
}
