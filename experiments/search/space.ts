/** Describes what a search may vary: named parameters with ranges, some of which depend on others. */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import type { Json } from '../../core/snapshot.ts';

const range = z.tuple([z.number(), z.number()]);
const condition = z.record(z.string(), z.array(z.json()).min(1)).optional();

const parameterSchema = z.union(
  [
    z.strictObject({ choice: z.array(z.json()).min(1), when: condition }),
    z.strictObject({ uniform: range, when: condition }),
    z.strictObject({ logUniform: range, when: condition }),
    z.strictObject({ int: range, log: z.boolean().optional(), when: condition }),
  ],
  {
    error:
      'expected { choice: […] }, { uniform: [low, high] }, { logUniform: [low, high] } or { int: [low, high] }',
  },
);

/** As a file has it: each parameter by the name that `--set` gives the setting. */
export const spaceSchema = z.record(z.string(), parameterSchema);
export type SpaceInput = z.input<typeof spaceSchema>;

/** A parameter is there only where the point has one of these values, all of them at once. */
type Condition = Readonly<Record<string, readonly Json[]>>;

export interface Choice {
  readonly name: string;
  readonly kind: 'choice';
  readonly choices: readonly Json[];
  readonly when?: Condition;
}

export interface NumberRange {
  readonly name: string;
  readonly kind: 'number';
  /** Both bounds belong to the range. */
  readonly low: number;
  readonly high: number;
  /** Spread evenly over the logarithm. */
  readonly isLog: boolean;
  readonly isInteger: boolean;
  readonly when?: Condition;
}

export type Parameter = Choice | NumberRange;
export type Space = readonly Parameter[];

/** One setting of every parameter that is there; a parameter whose condition does not hold is absent. */
export type Point = Readonly<Record<string, Json>>;

/**
 * @throws ConfigError `invalid-space`, naming the parameter: empty, bounds the wrong way round, a logarithm of what is not positive, a
 * condition on a parameter that does not come before
 */
export function parseSpace(input: z.output<typeof spaceSchema>): Space {
  const space: Parameter[] = [];
  for (const [name, entry] of Object.entries(input)) {
    const when = entry.when;
    for (const [parent, values] of Object.entries(when ?? {})) requireParent(space, name, parent, values);
    space.push(
      'choice' in entry ? { name, kind: 'choice', choices: entry.choice, when } : numberOf(name, entry),
    );
  }
  if (space.length === 0) throw invalid('the space is empty; name a parameter to vary');
  return space;
}

function numberOf(
  name: string,
  entry: Exclude<z.output<typeof parameterSchema>, { choice: unknown }>,
): NumberRange {
  const [low, high] =
    'uniform' in entry ? entry.uniform : 'logUniform' in entry ? entry.logUniform : entry.int;
  const isInteger = 'int' in entry;
  const isLog = 'logUniform' in entry || ('int' in entry && entry.log === true);
  if (!(low < high)) throw invalid(`"${name}": ${low} to ${high} is no range; let the first be lower`);
  if (isInteger && !(Number.isSafeInteger(low) && Number.isSafeInteger(high))) {
    throw invalid(`"${name}": an int ranges from one whole number to another, got ${low} to ${high}`);
  }
  if (isLog && low <= 0) throw invalid(`"${name}": a range by the logarithm begins above 0, got ${low}`);
  return { name, kind: 'number', low, high, isLog, isInteger, when: entry.when };
}

function requireParent(space: Space, name: string, parent: string, values: readonly Json[]): void {
  const found = space.find((parameter) => parameter.name === parent);
  if (found?.kind !== 'choice') {
    throw invalid(`"${name}" depends on "${parent}", which must be a choice that is named before it`);
  }
  const known = found.choices.map((choice) => JSON.stringify(choice));
  const unknown = values.map((value) => JSON.stringify(value)).find((value) => !known.includes(value));
  if (unknown !== undefined) {
    throw invalid(`"${name}" depends on "${parent}" being ${unknown}, which is none of its choices`);
  }
}

/** Whether a parameter is there, by those before it. */
export function isPresent({ when }: Parameter, point: Point): boolean {
  return Object.entries(when ?? {}).every(([parent, values]) =>
    values.some((value) => JSON.stringify(value) === JSON.stringify(point[parent])),
  );
}

/**
 * The point at a place of the unit cube; coordinates of parameters that are not there are passed over.
 * @param unit [D] each in [0, 1)
 */
export function pointAt(space: Space, unit: ArrayLike<number>): Point {
  const point: Record<string, Json> = {};
  space.forEach((parameter, d) => {
    if (isPresent(parameter, point)) point[parameter.name] = valueAt(parameter, unit[d]);
  });
  return point;
}

/** @param share in [0, 1) */
export function valueAt(parameter: Parameter, share: number): Json {
  if (parameter.kind === 'choice') {
    return parameter.choices[
      Math.min(parameter.choices.length - 1, Math.floor(share * parameter.choices.length))
    ];
  }
  const { from, to } = scaleOf(parameter);
  return fromScale(parameter, from + share * (to - from));
}

/** The ends of the scale on which a parameter is even; a whole number takes half a step to either side. */
export function scaleOf({ low, high, isLog, isInteger }: NumberRange): { from: number; to: number } {
  const [from, to] = isInteger ? [low - 0.5, high + 0.5] : [low, high];
  return isLog ? { from: log(from), to: log(to) } : { from, to };
}

/** The value at a place of the scale. */
export function fromScale({ low, high, isLog, isInteger }: NumberRange, place: number): number {
  const value = isLog ? exp(place) : place;
  const whole = isInteger ? Math.round(value) : value;
  return Math.min(high, Math.max(low, whole));
}

/** The place of a value on its scale. */
export function toScale({ isLog }: NumberRange, value: number): number {
  return isLog ? log(value) : value;
}

/** The place of a value in [0, 1]; of a choice, the middle of its part. */
export function shareOf(parameter: Parameter, value: Json): number {
  if (parameter.kind === 'choice') {
    const text = JSON.stringify(value);
    const index = parameter.choices.findIndex((choice) => JSON.stringify(choice) === text);
    return (index + 0.5) / parameter.choices.length;
  }
  const { from, to } = scaleOf(parameter);
  return (toScale(parameter, Number(value)) - from) / (to - from);
}

function invalid(what: string): ConfigError {
  return new ConfigError('invalid-space', `The search: ${what}.`);
}
