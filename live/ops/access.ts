/** Decides who may look at a session, and stop it. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../../core/errors.ts';
import { sha256 } from '../../storage/exact-json.ts';

const TOKEN = /^[\x21-\x7e]{16,}$/;
const LOOPBACK_HOST = /^(localhost|\[?::1\]?|127(\.\d{1,3}){3})$/;

export interface Refusal {
  readonly status: 401 | 403;
  readonly detail: string;
}

/**
 * Two doors. A token, where there is one, is asked of everybody. Without one only this machine is heard, and of it only
 * those who call it by its own name: a page of the web that a browser here has open can reach a loopback port too.
 */
export class OpsAccess {
  readonly #tokenHash: Buffer | undefined;

  /** @throws ConfigError `token-required` for another interface than loopback without a token; `invalid-token` */
  constructor(host: string, token: string | undefined) {
    if (token === undefined && !LOOPBACK_HOST.test(host)) {
      throw new ConfigError(
        'token-required',
        `A session on "${host}" can be reached from other machines: set a token, or listen on 127.0.0.1.`,
      );
    }
    if (token !== undefined && !TOKEN.test(token)) {
      throw new ConfigError(
        'invalid-token',
        `A token needs 16 or more visible ASCII characters without blanks, got ${token.length} characters.`,
      );
    }
    this.#tokenHash = token === undefined ? undefined : hashOf(token);
  }

  /** @returns why a request is not answered; undefined when it may be */
  refuse({ headers }: IncomingMessage, url: URL): Refusal | undefined {
    const { host = '', origin } = headers;
    if (origin !== undefined && originHost(origin) !== host) {
      return { status: 403, detail: `pages of ${origin} may not ask this session` };
    }
    if (this.#tokenHash === undefined) {
      const name = host.replace(/:\d+$/, '');
      return LOOPBACK_HOST.test(name)
        ? undefined
        : { status: 403, detail: `this session is not "${name}"; ask it as 127.0.0.1` };
    }
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const given = bearer ?? url.searchParams.get('token') ?? '';
    // Hashes are of one length, and comparing them takes one time.
    return timingSafeEqual(hashOf(given), this.#tokenHash)
      ? undefined
      : { status: 401, detail: 'give the token, as "Authorization: Bearer TOKEN" or as ?token=TOKEN' };
  }
}

function hashOf(token: string): Buffer {
  return Buffer.from(sha256(token), 'hex');
}

/** `host:port` of an origin; empty for an opaque one. */
function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}
