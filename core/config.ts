/** Turns a plugin's schema and a user's overrides into a complete, checked configuration. */
import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { suggestion } from './nearest.ts';

export { z };

/**
 * A flat configuration schema: every key has a default, a range and a description, so that the schema is
 * the type, the defaults and the documentation at once.
 */
export type ConfigSchema = z.ZodObject<z.ZodRawShape>;

export type ConfigOf<Schema extends ConfigSchema> = z.output<Schema>;

/** What a user may hand in: any subset of the keys. */
export type ConfigOverrides<Schema extends ConfigSchema> = z.input<Schema>;

/**
 * Fills in the defaults and checks types and ranges.
 * @param owner whose configuration it is, for messages, e.g. `agent "ppo"`
 * @throws ConfigError `unknown-key` with the nearest valid key, `invalid-value` with the range that was broken
 */
export function resolveConfig<Schema extends ConfigSchema>(
  schema: Schema,
  overrides: Readonly<Record<string, unknown>>,
  owner: string,
): ConfigOf<Schema> {
  for (const key of Object.keys(overrides)) {
    if (!Object.hasOwn(schema.shape, key)) {
      throw new ConfigError(
        'unknown-key',
        `Unknown key "${key}" for ${owner}.${suggestion(key, Object.keys(schema.shape))}`,
      );
    }
  }
  const result = schema.safeParse(overrides);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const value = overrides[String(issue.path[0] ?? '')];
  // JSON would show NaN and Infinity as null.
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
  const isList = issue.code === 'invalid_type' && issue.expected === 'array' && issue.path.length === 1;
  const remedy = isList && value !== undefined ? `; write [${shown}]` : '';
  throw new ConfigError(
    'invalid-value',
    `Invalid value ${shown} for "${issue.path.join('.')}" of ${owner}: ${issue.message}${remedy}.`,
  );
}

/** One line of documentation per key: name, default, description. */
export function describeConfig(
  schema: ConfigSchema,
): { key: string; default: unknown; description: string }[] {
  const defaults = schema.safeParse({});
  return Object.entries(schema.shape).map(([key, field]) => ({
    key,
    default: defaults.success ? defaults.data[key] : undefined,
    description: (field as z.ZodType).description ?? '',
  }));
}
