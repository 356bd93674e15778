import { memoryLog } from './memory.log.js';
import { describeAggregateStore } from './testing/aggregate-store.conformance.js';
import { describeExecuting } from './testing/aggregate-store.properties.js';
import { describeLog } from './testing/log.conformance.js';

const log = memoryLog();
describeLog(() => log);
describeAggregateStore(() => log);
describeExecuting(() => log, 100);
