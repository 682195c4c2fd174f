import type { LiveMarket } from '../../../live/session/live-market.ts';
import type { LivePolicy } from '../../../live/session/policy.ts';

export function restlessPolicy(market: LiveMarket): LivePolicy;
export function sessionSettings(mode: string, url: string, leftOver?: string): Record<string, unknown>;
