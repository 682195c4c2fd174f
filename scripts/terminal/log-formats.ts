/** The value of `--log`. */
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { LOG_FORMATS, type LogFormat } from '../../storage/run-log.ts';

/**
 * @param text names joined by commas, such as `csv,tensorboard`
 * @returns JSON lines first, which every run keeps, then the others
 * @throws ConfigError `invalid-value`
 */
export function parseLogFormats(text: unknown): LogFormat[] {
  const names = String(text)
    .split(',')
    .map((name) => name.trim());
  const unknown = names.find((name) => !LOG_FORMATS.includes(name as LogFormat));
  if (unknown !== undefined) {
    throw new ConfigError(
      'invalid-value',
      `--log has no format "${unknown}".${suggestion(unknown, LOG_FORMATS)}`,
    );
  }
  return LOG_FORMATS.filter((format) => format === 'jsonl' || names.includes(format));
}
