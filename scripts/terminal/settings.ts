/** Reads `--set part.key=value` arguments. */
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';

/**
 * @returns overrides per part: `{ agent: { learningRate: 0.001 }, env: {} }`
 * @param settings arguments such as `agent.learningRate=1e-3` or `env.levels=[0,1]`; a value is JSON, or a
 * plain string where it is not; `env.rewardSettings.penalty=2` sets one key of a setting that holds several
 * @param parts what may stand before the dot
 * @throws ConfigError `invalid-setting` for another form or part
 */
export function parseSettings<Part extends string>(
  settings: readonly string[],
  parts: readonly Part[],
): Record<Part, Record<string, unknown>> {
  const overrides = new Map(parts.map((part) => [part as string, new Map<string, unknown>()]));
  for (const setting of settings) {
    const match = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(setting);
    if (match === null) {
      throw new ConfigError(
        'invalid-setting',
        `Cannot read --set ${setting}; write ${parts.map((part) => `${part}.key=value`).join(' or ')}.`,
      );
    }
    const [, part, key, value] = match;
    const partOverrides = overrides.get(part);
    if (partOverrides === undefined) {
      throw new ConfigError(
        'invalid-setting',
        `Unknown part "${part}" in --set ${setting}.${suggestion(part, parts)}`,
      );
    }
    const [outer, inner] = key.split(/\.(.*)/s);
    if (inner === undefined) partOverrides.set(key, parseValue(value));
    else {
      const held = partOverrides.get(outer);
      const others = typeof held === 'object' && held !== null ? Object.entries(held) : [];
      partOverrides.set(outer, Object.fromEntries([...others, [inner, parseValue(value)]]));
    }
  }
  // Object.fromEntries defines even a key like "__proto__" as an ordinary property.
  return Object.fromEntries(
    [...overrides].map(([part, settings]) => [part, Object.fromEntries(settings)]),
  ) as Record<Part, Record<string, unknown>>;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
