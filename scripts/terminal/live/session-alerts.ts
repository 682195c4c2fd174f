/** Tells a session's alerts to the addresses that its file names, and says on the terminal what could not be told. */
import { join } from 'node:path';
import type { LearningEvent } from '../../../continual/events.ts';
import { describeLearningEvent } from '../../../continual/events.ts';
import { createRng } from '../../../core/rng.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { type Alert, type AlertAddress, alertOf, DrawdownWatch } from '../../../live/ops/alert.ts';
import { AlertSender } from '../../../live/ops/alert-sender.ts';
import { AlertSpool } from '../../../live/ops/alert-spool.ts';
import { DenialWatch } from '../../../live/ops/denials.ts';
import { postJson } from '../../../live/ops/post-json.ts';
import type { LiveConfig } from '../../../live/session/config.ts';
import type { TapeRecord } from '../../../storage/tape.ts';

/** Folder of the tape in which alerts wait that nobody has taken. */
const SPOOL = 'alerts';
/** How long the end of a session waits for the last alerts, ms. */
const CLOSE_MS = 3000;

export interface SessionAlertsOptions {
  readonly addresses: readonly AlertAddress[];
  readonly config: LiveConfig;
  readonly tape: string;
  warn(text: string): void;
}

export class SessionAlerts {
  readonly #sender: AlertSender | undefined;
  readonly #config: LiveConfig;
  readonly #warn: (text: string) => void;
  readonly #denials = new DenialWatch();
  readonly #drawdown: DrawdownWatch;

  /** @throws ConfigError `invalid-url` */
  constructor({ addresses, config, tape, warn }: SessionAlertsOptions) {
    const markets = config.markets.map(({ venue, symbol }) => `${venue} ${symbol}`);
    this.#config = config;
    this.#warn = warn;
    this.#drawdown = new DrawdownWatch(config.risk.maxDrawdown);
    if (addresses.length === 0) return;
    this.#sender = new AlertSender({
      addresses,
      spool: new AlertSpool(join(tape, SPOOL)),
      post: postJson,
      clock: systemClock,
      rng: createRng(config.seed).fork('alerts'),
      about: { tape, mode: config.mode, paper: true, markets },
      onGivenUp: warn,
    });
  }

  /** Sends what an earlier session on this tape could not. */
  begin(): void {
    void this.#sender?.begin();
  }

  readonly onRecord = (record: TapeRecord): void => {
    const alert = alertOf(record, (source) => this.#nameOf(source));
    if (alert !== undefined) this.#sender?.take(alert);
    if (record[0] !== 'decision') return;
    const [, timeMs, , , reason, , equity] = record;
    const loss = this.#drawdown.take(timeMs, Number(equity));
    if (loss !== undefined) this.#sender?.take(loss);
    const denied = this.#denials.take(reason === null ? null : String(reason));
    if (denied === undefined) return;
    this.#warn(denied);
    this.#sender?.take({ kind: 'denied', timeMs, text: denied, detail: null });
  };

  onLearning(event: LearningEvent, timeMs: number): void {
    const kinds: Partial<Record<LearningEvent['kind'], Alert['kind']>> = {
      judged: 'promotion',
      drifted: 'drift',
    };
    // A model that takes over is told of by its record; why, only here.
    const isRollback = event.kind === 'swapped' && event.alarms.length > 0;
    const kind = isRollback ? 'drift' : kinds[event.kind];
    if (kind === undefined) return;
    const text = `${describeLearningEvent(event)}.`;
    this.#sender?.take({ kind, timeMs, text, detail: { id: 'id' in event ? event.id : null } });
  }

  /** Tells the end, and waits a little for what is under way; the rest stays on the disk for the next session. */
  async end(text: string, timeMs: number, detail: Alert['detail']): Promise<void> {
    if (this.#sender === undefined) return;
    this.#sender.take({ kind: 'end', timeMs, text, detail });
    const { waiting } = await this.#sender.close(CLOSE_MS);
    if (waiting > 0) {
      this.#warn(`${waiting} alerts were not taken yet; the next session on this tape sends them.`);
    }
  }

  #nameOf(source: number): string {
    const market = this.#config.markets[source];
    return market === undefined ? `source ${source}` : `${market.venue} ${market.symbol}`;
  }
}
