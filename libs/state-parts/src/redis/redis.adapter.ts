import { toolsNamed } from '../engine/find-program.js';
import type { StateAdapter } from '../state-part.js';
import { captureRedis, restoreRedis } from './redis-capture.js';
import { REDIS_HINT } from './redis-engine.js';
import { reportRedis } from './redis-report.js';

export const redisAdapter: StateAdapter = {
  capture: captureRedis,
  restore: restoreRedis,
  report: reportRedis,
  tools: () => toolsNamed(REDIS_HINT, ['redis-server', 'valkey-server']),
};
