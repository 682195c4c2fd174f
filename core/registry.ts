/** Holds a named set of plugins; each program composes its own, there is no global one. */
import { ConfigError } from './errors.ts';
import { suggestion } from './nearest.ts';

export class Registry<Plugin extends { readonly name: string }> {
  readonly #kind: string;
  readonly #note: () => string;
  readonly #find: (name: string) => Plugin | undefined;
  readonly #plugins = new Map<string, Plugin>();

  /**
   * @param kind what the plugins are, singular, for messages: `agent`, `env`, `feature`
   * @param note a sentence more for a name that is not there
   * @param find makes the plugin of a name that stands for something elsewhere, such as `gymnasium:CartPole-v1`
   */
  constructor(
    kind: string,
    plugins: Iterable<Plugin> = [],
    note: () => string = () => '',
    find: (name: string) => Plugin | undefined = () => undefined,
  ) {
    this.#kind = kind;
    this.#note = note;
    this.#find = find;
    for (const plugin of plugins) this.add(plugin);
  }

  /** @throws ConfigError `duplicate-name` when another plugin has the name already */
  add(plugin: Plugin): this {
    const existing = this.#plugins.get(plugin.name);
    if (existing !== undefined && existing !== plugin) {
      throw new ConfigError(
        'duplicate-name',
        `Two ${this.#kind} plugins are named "${plugin.name}"; rename one.`,
      );
    }
    this.#plugins.set(plugin.name, plugin);
    return this;
  }

  /** @throws ConfigError `unknown-name`, with the nearest known name */
  get(name: string): Plugin {
    const plugin = this.#plugins.get(name) ?? this.#find(name);
    if (plugin === undefined) {
      const note = this.#note();
      throw new ConfigError(
        'unknown-name',
        `Unknown ${this.#kind} "${name}".${suggestion(name, this.#plugins.keys())}${note === '' ? '' : ` ${note}`}`,
      );
    }
    return plugin;
  }

  has(name: string): boolean {
    return this.#plugins.has(name);
  }

  names(): string[] {
    return [...this.#plugins.keys()];
  }

  [Symbol.iterator](): IterableIterator<Plugin> {
    return this.#plugins.values();
  }
}
