import type { LiveMarket } from '../../live/live-market.ts';
import type { LivePolicy } from '../../live/policy.ts';

export function restlessPolicy(market: LiveMarket): LivePolicy;
export function sessionSettings(mode: string, url: string, leftOver?: string): Record<string, unknown>;
