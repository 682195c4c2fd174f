/** Samplers that look at no result: by chance, over a grid, and spread evenly. */
import { z } from '../../../core/config.ts';
import { ConfigError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import type { Json } from '../../../core/snapshot.ts';
import { defineSampler } from '../sampler.ts';
import { isPresent, type Parameter, type Point, pointAt, type Space, valueAt } from '../space.ts';
import { MAX_SOBOL_DIMENSIONS, sobolPoint } from './sobol.ts';

export const randomSampler = defineSampler({
  name: 'random',
  description: 'draws every parameter evenly from its range',
  create: ({ space }) => ({
    needs: () => 0,
    propose: (_index, _known, rng) =>
      pointAt(
        space,
        space.map(() => rng.uniform()),
      ),
  }),
});

export const gridSampler = defineSampler({
  name: 'grid',
  description: 'every combination, each range in equal steps; ends when all were tried',
  config: z.object({
    levels: z.int().min(2).default(3).describe('values of a range of numbers, its ends included'),
  }),
  create: ({ space }, { levels }) => {
    const points = gridOf(space, levels);
    return { needs: () => 0, propose: (index) => points[index] };
  },
});

/** A shift by chance (Cranley and Patterson 1976) keeps the first point from lying in the corner. */
export const sobolSampler = defineSampler({
  name: 'sobol',
  description: 'quasi-random: a Sobol sequence, which leaves smaller gaps than chance',
  create: ({ space, seed }) => {
    if (space.length > MAX_SOBOL_DIMENSIONS) {
      throw new ConfigError(
        'invalid-space',
        `The sobol sampler takes up to ${MAX_SOBOL_DIMENSIONS} parameters, the space has ${space.length}; use tpe or random.`,
      );
    }
    const rng = createRng(seed).fork('sobol');
    const shift = space.map(() => rng.uniform());
    return {
      needs: () => 0,
      propose: (index) =>
        pointAt(
          space,
          sobolPoint(index, space.length).map((u, d) => (u + shift[d]) % 1),
        ),
    };
  },
});

/** Beyond this it is no grid that anybody walks through. */
const MAX_GRID = 1_000_000;

function gridOf(space: Space, levels: number): Point[] {
  let points: Record<string, Json>[] = [{}];
  for (const parameter of space) {
    const values = valuesOf(parameter, levels);
    points = points.flatMap((point) =>
      isPresent(parameter, point) ? values.map((value) => ({ ...point, [parameter.name]: value })) : [point],
    );
    if (points.length > MAX_GRID) {
      throw new ConfigError(
        'invalid-space',
        `The grid has more than ${MAX_GRID} points at "${parameter.name}"; use fewer levels or another sampler.`,
      );
    }
  }
  return points;
}

function valuesOf(parameter: Parameter, levels: number): readonly Json[] {
  if (parameter.kind === 'choice') return parameter.choices;
  const { low, high, isInteger } = parameter;
  const inner = { ...parameter, isInteger: false };
  const values = Array.from({ length: levels }, (_, i) => Number(valueAt(inner, i / (levels - 1))));
  return isInteger
    ? [...new Set(values.map((value) => Math.min(high, Math.max(low, Math.round(value)))))]
    : values;
}
