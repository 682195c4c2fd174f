/** Finds the shared reference material that lies beside the project; tests skip, and say so, where it is absent. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const root = process.env.MARKET_GYM_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** The path of a shared file, or undefined, with a printed notice, where it is not there. */
export function sharedPath(file: string): string | undefined {
  const path = `${root}/${file}`;
  if (existsSync(path)) return path;
  console.warn(`skipped: shared/${file} is not beside the project`);
  return undefined;
}

/** A shared JSON file (gzipped or not), or undefined where it is absent. */
export function sharedJson<Content>(file: string): Content | undefined {
  const path = sharedPath(file);
  if (path === undefined) return undefined;
  const bytes = readFileSync(path);
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as Content;
}
