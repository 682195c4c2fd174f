import { recordSession } from '../test/live/recorded-session.ts';
