/** Keeps alerts that nobody has taken yet on the disk: one file each, written without making anybody wait. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SpooledAlert {
  /** Says the same of the same alert after a restart: receivers may see one twice. */
  readonly id: string;
  /** Hash of the address; addresses hold secrets, and are not written down. */
  readonly address: string;
  /** UTC epoch of the machine, when it was made. */
  readonly madeMs: number;
  /** JSON that is sent. */
  readonly body: string;
}

const NAME = /^[\w.-]+\.json$/;

/** What cannot be written is only in memory, and counted: an alert is sent all the same. */
export class AlertSpool {
  readonly #path: string;
  #isMade = false;
  numFailed = 0;

  /** @param path directory; made with the first alert */
  constructor(path: string) {
    this.#path = path;
  }

  /** Those of earlier sessions, oldest first. Files that are none are passed over. */
  async read(): Promise<SpooledAlert[]> {
    const found: SpooledAlert[] = [];
    const names = await readdir(this.#path).catch(() => []);
    for (const name of names.sort()) {
      if (!NAME.test(name)) continue;
      try {
        const alert = JSON.parse(await readFile(join(this.#path, name), 'utf8'));
        if ([alert.id, alert.address, alert.body].every((part) => typeof part === 'string'))
          found.push(alert);
      } catch {
        this.numFailed++;
      }
    }
    return found;
  }

  async add(alert: SpooledAlert): Promise<void> {
    try {
      if (!this.#isMade) await mkdir(this.#path, { recursive: true });
      this.#isMade = true;
      const file = this.#fileOf(alert);
      await writeFile(`${file}.part`, JSON.stringify(alert), { mode: 0o600 });
      await rename(`${file}.part`, file);
    } catch {
      this.numFailed++;
    }
  }

  async remove(alert: SpooledAlert): Promise<void> {
    await rm(this.#fileOf(alert), { force: true }).catch(() => {});
  }

  #fileOf({ id, address }: SpooledAlert): string {
    return join(this.#path, `${id}.${address}.json`);
  }
}
