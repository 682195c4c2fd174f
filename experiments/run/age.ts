/** What has changed between the version that made a run and this one: settings that came, and settings that went. */
import type { ConfigSchema } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Catalog } from '../plugins/catalog.ts';
import { version } from '../version.ts';

interface Recorded {
  readonly version: string;
  readonly agent: Part;
  readonly env: Part;
}

interface Part {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A run's record holds all settings of its time, so that a later default changes no old run; what came since has its default.
 * @returns a sentence for each part that has got settings
 * @throws ConfigError `unknown-key` for a setting that this version does not have
 */
export function ageNotes(recorded: Recorded, catalog: Pick<Catalog, 'agents' | 'envs'>): string[] {
  return [
    ...notesOf('agent', recorded.agent, catalog.agents.get(recorded.agent.name).config, recorded.version),
    ...notesOf('env', recorded.env, catalog.envs.get(recorded.env.name).config, recorded.version),
  ];
}

/** The settings that a record lacks, with the defaults that hold for them now. */
export function newSettings(config: Part['config'], schema: ConfigSchema): Map<string, unknown> {
  const defaults = schema.safeParse({});
  const lacking = Object.keys(schema.shape).filter((key) => !Object.hasOwn(config, key));
  return new Map(lacking.map((key) => [key, defaults.success ? defaults.data[key] : undefined]));
}

function notesOf(kind: string, { name, config }: Part, schema: ConfigSchema, madeBy: string): string[] {
  const gone = Object.keys(config).find((key) => !Object.hasOwn(schema.shape, key));
  if (gone !== undefined) {
    if (madeBy === version) {
      throw new ConfigError(
        'unknown-key',
        `The ${kind} "${name}" has no setting "${gone}", which the run's record names; restore run.json, or start a new run.`,
      );
    }
    throw new ConfigError(
      'unknown-key',
      `The run was made by market-gym ${madeBy}, whose ${kind} "${name}" had the setting "${gone}"; this one, ${version}, has not: use that version, or start a new run.`,
    );
  }
  const added = [...newSettings(config, schema)].filter(([, value]) => value !== undefined);
  if (added.length === 0) return [];
  const list = added.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(', ');
  return [
    `${kind} "${name}" has settings that the run's version, ${madeBy}, did not have; their defaults hold: ${list}.`,
  ];
}
