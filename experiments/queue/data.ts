/** Brings the data of a trial to the machine that carries it out: by content hash, wherever the bytes come from. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { StorageError } from '../../core/errors.ts';
import { attempt, makeDirectory, writeFileAtomic } from '../../storage/atomic.ts';
import { sha256 } from '../../storage/exact-json.ts';
import { TAPE_PREFIX } from '../live/tape-source.ts';
import { SHIPPED_DATA } from '../plugins/catalog.ts';
import type { RunSpec } from '../run/spec.ts';
import type { Artifacts } from './artifacts.ts';

/** A file that a run reads, by the path that its specification has. */
export interface DataFile {
  readonly path: string;
  readonly sha256: string;
}

/** Where a worker looks for data before it asks the database. */
export interface DataPlaces {
  /** A folder, or an `http(s)` address; files lie in it by their SHA-256, or by their own name. */
  readonly source?: string;
  /** Folder of this machine that fetched files are kept in. */
  readonly cache: string;
}

/** Hashes of files that have been read, as long as they keep their size and time. */
const known = new Map<string, { readonly mark: string; readonly hash: string }>();

/**
 * The files that a specification names; a tape is a folder and must be on every machine.
 * @throws StorageError `read-failed`
 */
export function dataFilesOf({ data }: RunSpec): DataFile[] {
  if (data === undefined) return [];
  const paths = [
    ...data.path.split(','),
    ...(data.funding?.path === undefined ? [] : [data.funding.path]),
    ...(data.read?.convert?.rates.map(({ path }) => path) ?? []),
  ];
  return [...new Set(paths)]
    .filter((path) => path !== SHIPPED_DATA && !path.startsWith(TAPE_PREFIX))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => ({ path, sha256: hashFile(path) }));
}

function hashFile(path: string): string {
  const { size, mtimeMs } = statSync(path);
  const mark = `${size} ${mtimeMs}`;
  const before = known.get(path);
  if (before?.mark === mark) return before.hash;
  const hash = sha256(attempt('read', path, () => readFileSync(path)));
  known.set(path, { mark, hash });
  return hash;
}

/** The specification with paths of this machine. */
export function withPaths(spec: RunSpec, places: ReadonlyMap<string, string>): RunSpec {
  const { data } = spec;
  if (data === undefined || places.size === 0) return spec;
  const placeOf = (path: string): string => places.get(path) ?? path;
  const { read, funding } = data;
  return {
    ...spec,
    data: {
      ...data,
      path: data.path.split(',').map(placeOf).join(','),
      ...(read && {
        read: {
          ...read,
          ...(read.convert && {
            convert: {
              ...read.convert,
              rates: read.convert.rates.map((rate) => ({ ...rate, path: placeOf(rate.path) })),
            },
          }),
        },
      }),
      ...(funding && { funding: { ...funding, ...(funding.path && { path: placeOf(funding.path) }) } }),
    },
  };
}

/**
 * Finds each file on this machine, or fetches it.
 * @param owner of the files in the database
 * @returns by the path of the specification, where each is
 * @throws StorageError `no-data` naming the file, and where it was looked for
 */
export async function placeData(
  files: readonly DataFile[],
  { source, cache }: DataPlaces,
  artifacts: Artifacts,
  owner: string,
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for (const { path, sha256: hash } of files) {
    const kept = join(cache, hash, basename(path));
    const near = [
      path,
      ...(source === undefined || isAddress(source)
        ? []
        : [hash, basename(path)].map((name) => resolve(source, name))),
    ];
    const found = near.find((place) => isFile(place) && hashFile(place) === hash);
    if (found !== undefined) {
      places.set(path, found);
      continue;
    }
    if (!isFile(kept) || hashFile(kept) !== hash) {
      const bytes = await fetchData(path, hash, source, artifacts, owner);
      makeDirectory(join(cache, hash));
      writeFileAtomic(kept, bytes);
    }
    places.set(path, kept);
  }
  return places;
}

async function fetchData(
  path: string,
  hash: string,
  source: string | undefined,
  artifacts: Artifacts,
  owner: string,
): Promise<Uint8Array> {
  const tried = ['this machine'];
  if (source !== undefined && isAddress(source)) {
    const base = source.endsWith('/') ? source : `${source}/`;
    for (const name of [hash, basename(path)]) {
      const bytes = await download(new URL(encodeURIComponent(name), base));
      if (bytes !== undefined && sha256(bytes) === hash) return bytes;
    }
    tried.push(new URL(source).origin);
  } else if (source !== undefined) tried.push(source);
  if (await artifacts.has(owner, hash)) return artifacts.get(owner, hash);
  throw new StorageError(
    'no-data',
    `This worker has not the data ${basename(path)} (SHA-256 ${hash.slice(0, 8)}…): looked for on ${tried.join(', ')} and in the queue. Put it ` +
      'where --data of the worker points to, or start the experiment without --no-send-data.',
  );
}

/** @returns undefined where there is none */
async function download(address: URL): Promise<Uint8Array | undefined> {
  try {
    const answer = await fetch(address);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

const isAddress = (place: string): boolean => /^https?:\/\//.test(place);
const isFile = (path: string): boolean =>
  existsSync(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
