import type { NatsUser } from '../ground.options.js';

const everything = ['>'];

/** The users of each test account. `admin` may do everything; add here whom a test must be able to act as. */
export const testUsers: readonly NatsUser[] = [{ name: 'admin', publish: everything, subscribe: everything }];
