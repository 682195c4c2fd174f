/** Reads the charts' libraries, which pages hold inside themselves. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors.ts';

const require = createRequire(import.meta.url);

/** The text of a file of a package, which need not be among its exports. @throws ConfigError `missing-library` */
export function libraryText(file: string): string {
  const [name] = file.split('/');
  // Looked for where Node looks for packages.
  const folder = require.resolve.paths(name)?.find((path) => existsSync(join(path, file)));
  if (folder === undefined)
    throw new ConfigError('missing-library', `"${file}" is not installed; run npm install again.`);
  return readFileSync(join(folder, file), 'utf8').replace(/\/\/# sourceMappingURL=.*$/m, '');
}

/** Draws lines: uPlot. */
export const LINE_CHARTS = 'uplot/dist/uPlot.iife.min.js';
export const LINE_CHARTS_STYLE = 'uplot/dist/uPlot.min.css';
/** Draws candles. */
export const CANDLE_CHARTS = 'lightweight-charts/dist/lightweight-charts.standalone.production.js';
