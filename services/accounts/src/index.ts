import { accountsConfig } from './accounts.config.js';
import { AccountsModule } from './accounts.module.js';

/** What `freehold serve accounts` boots. */
export const accountsService = { name: 'accounts', module: AccountsModule, configSchema: accountsConfig } as const;
