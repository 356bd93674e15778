import { memoryLog } from './memory.log.js';
import { describeAggregateStore } from './testing/aggregate-store.conformance.js';
import { describeLog } from './testing/log.conformance.js';

const log = memoryLog();
describeLog(() => log);
describeAggregateStore(() => log);
