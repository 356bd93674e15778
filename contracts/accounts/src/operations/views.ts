import { rebuildViews } from '@freehold/kernel';

/** The read models of this context, built again from the log. */
export const rebuildAccountsViews = rebuildViews('accounts');
