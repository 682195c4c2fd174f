import { expect, test } from 'vitest';
import {
  ConfigError,
  DataError,
  EnvError,
  MarketGymError,
  StorageError,
  TrainingError,
} from '../../core/errors.ts';

test.each([ConfigError, DataError, EnvError, StorageError, TrainingError])(
  '$name carries its name, code, message and cause, and is told from the others by class',
  (Class) => {
    const cause = new Error('below');
    const error = new Class('some-code', 'What happened.', { cause });
    expect(error).toBeInstanceOf(MarketGymError);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe(`${Class.name}: What happened.`);
    expect(error.code).toBe('some-code');
    expect(error.cause).toBe(cause);
    expect(error.stack).toContain('errors.test.ts');
    const others = [ConfigError, DataError, EnvError, StorageError, TrainingError].filter((c) => c !== Class);
    for (const other of others) expect(error).not.toBeInstanceOf(other);
  },
);
