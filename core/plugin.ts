/** Defines the form that plugins of all kinds share, and checks it, naming what a plugin lacks. */
import { type ConfigSchema, resolveConfig, z } from './config.ts';
import { ConfigError } from './errors.ts';

/** One kind of plugin, as far as it can be checked without being used. */
export interface PluginShape {
  /** Singular, as messages name it: `agent`, `fee model`; what `define…` writes into a plugin's `kind`. */
  readonly kind: string;
  /** The function that makes one. */
  readonly define: string;
  readonly methods: readonly string[];
  /** Properties that must be true or false. */
  readonly flags?: readonly string[];
}

/** The settings of a plugin that has none. */
export const noSettings = z.object({});

/** Names stand in file names, feature specs and on command lines. */
const NAME = /^[A-Za-z0-9][\w.:-]*$/;

/** What keeps a value from being a plugin of a kind, a phrase each; empty when nothing does. */
export function pluginDefects({ methods, flags = [] }: PluginShape, value: object): string[] {
  const plugin = value as Readonly<Record<string, unknown>>;
  const { name, description, config } = plugin;
  const defects: string[] = [];
  if (typeof name !== 'string' || name === '') defects.push('it has no name');
  else if (!NAME.test(name)) defects.push('its name may hold letters, digits, "-", "_", "." and ":" alone');
  if (typeof description !== 'string') {
    defects.push('its description, one sentence for market-gym list, is missing');
  }
  if (config !== undefined && !isObjectSchema(config)) {
    defects.push('its config must be z.object({ … }) of zod, or be left out');
  }
  for (const method of methods) {
    if (typeof plugin[method] !== 'function') {
      defects.push(`its method ${method} is ${plugin[method] === undefined ? 'missing' : 'no function'}`);
    }
  }
  for (const flag of flags) {
    if (typeof plugin[flag] !== 'boolean') defects.push(`its ${flag} must be true or false`);
  }
  return defects;
}

/** @throws ConfigError `invalid-plugin`, naming everything that is missing */
export function requirePlugin(shape: PluginShape, value: unknown): void {
  const defects =
    typeof value === 'object' && value !== null
      ? pluginDefects(shape, value)
      : [`${shape.define} takes one object, got ${value === null ? 'null' : typeof value}`];
  if (defects.length === 0) return;
  const { name } = (value ?? {}) as { name?: unknown };
  const called = typeof name === 'string' && name !== '' ? ` "${name}"` : '';
  throw new ConfigError('invalid-plugin', `The ${shape.kind}${called} is not whole: ${defects.join('; ')}.`);
}

/** A plugin that makes a part of something larger: a reward, a fee model, a signal rule. */
export interface PartPlugin<Context, Part> {
  /** Set by `define…`. */
  readonly kind?: string;
  readonly name: string;
  /** One sentence, for listings. */
  readonly description: string;
  /** Its own settings. */
  readonly config: ConfigSchema;
  /**
   * @param context what the part is made for
   * @param settings any subset of its own
   * @throws ConfigError `unknown-key`, `invalid-value` for its settings
   */
  create(context: Context, settings?: Readonly<Record<string, unknown>>): Part;
}

/** What a user writes: `create` is called with complete, checked settings. */
export interface PartDefinition<Schema extends ConfigSchema, Context, Part> {
  readonly name: string;
  readonly description: string;
  /** Default: there are no settings. */
  readonly config?: Schema;
  create(context: Context, config: z.output<Schema>): Part;
}

/** Makes a plugin of a part; every `define…` of one is a call of this. @throws ConfigError `invalid-plugin` */
export function definePart<Schema extends ConfigSchema, Context, Part>(
  shape: PluginShape,
  plugin: PartDefinition<Schema, Context, Part>,
): PartPlugin<Context, Part> {
  requirePlugin(shape, plugin);
  const config = (plugin.config ?? noSettings) as Schema;
  return {
    ...plugin,
    kind: shape.kind,
    config,
    create: (context, settings = {}) =>
      plugin.create(context, resolveConfig(config, settings, ownerOf(shape, plugin.name))),
  };
}

/** Whose settings they are, for messages: `fee model "tiered"`. */
export function ownerOf({ kind }: Pick<PluginShape, 'kind'>, name: string): string {
  return `${kind} "${name}"`;
}

/**
 * A part that a user's plugin made, checked for what it must be able to do.
 * @throws ConfigError `invalid-plugin` for a promise, nothing, or an object without the methods
 */
export function requirePart<Part>(
  part: Part,
  owner: string,
  methods: readonly (string & keyof Part)[],
): Part {
  if (part instanceof Promise) {
    throw new ConfigError('invalid-plugin', `The ${owner} returned a promise; create must return at once.`);
  }
  if (typeof part !== 'object' || part === null) {
    const given = part === null ? 'null' : typeof part;
    throw new ConfigError('invalid-plugin', `The ${owner} returned ${given}; create must return an object.`);
  }
  const missing = methods.find((method) => typeof part[method] !== 'function');
  if (missing === undefined) return part;
  throw new ConfigError('invalid-plugin', `The ${owner} made an object without the method ${missing}.`);
}

/** zod's own classes may come from another copy of it. */
function isObjectSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { safeParse, shape } = value as { safeParse?: unknown; shape?: unknown };
  return typeof safeParse === 'function' && typeof shape === 'object' && shape !== null;
}
