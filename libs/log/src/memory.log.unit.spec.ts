import { memoryLog } from './memory.log.js';
import { describeAggregateStore } from './testing/aggregate-store.conformance.js';

const log = memoryLog();
describeAggregateStore(() => log);
