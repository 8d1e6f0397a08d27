import { randomBytes } from 'node:crypto';

import type { Clock, Ids } from '../core/ports.ts';

export const systemClock: Clock = { now: () => Date.now() };

export const randomIds: Ids = { nonce: () => randomBytes(16).toString('hex') };
