/** Whether the system has the library of the blas kernels. */
import { ConfigError } from '../core/errors.ts';
import { loadBlas } from '../networks/kernels/blas.ts';

/** Prints why, where it is absent: tests of it are skipped there. */
export function isBlasThere(): boolean {
  try {
    loadBlas();
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.warn(`Skipped: ${error.message}`);
    return false;
  }
}
