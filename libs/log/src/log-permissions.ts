import type { ContextName } from '@freehold/kernel';
import { contextFilter } from './subject.js';

/**
 * What a service may do with the log on NATS: append to its contexts, read everything, change nothing.
 * Answers come to inboxes below `inbox`, which is the connection's `inboxPrefix`; consumers are in memory and its own.
 *
 * @param contexts none for those who only read, as the audit does.
 */
export function logPermissions(
  contexts: readonly ContextName[],
  { stream = 'LOG_1', inbox = '_INBOX' }: { stream?: string; inbox?: string } = {},
): { publish: string[]; subscribe: string[] } {
  const api = (call: string): string => `$JS.API.${call}`;
  return {
    publish: [
      ...contexts.map(contextFilter),
      api(`STREAM.INFO.${stream}`),
      api(`STREAM.MSG.GET.${stream}`),
      api(`DIRECT.GET.${stream}`),
      api(`DIRECT.GET.${stream}.>`),
      api(`CONSUMER.CREATE.${stream}`),
      api(`CONSUMER.INFO.${stream}.*`),
      api(`CONSUMER.MSG.NEXT.${stream}.*`),
      api(`CONSUMER.DELETE.${stream}.*`),
    ],
    subscribe: [`${inbox}.>`],
  };
}
