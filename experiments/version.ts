/** The framework's own version. */
import { createRequire } from 'node:module';

/** As its package.json has it. */
export const version: string = createRequire(import.meta.url)('market-gym/package.json').version;
