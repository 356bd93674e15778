import type { ContextName } from '@freehold/kernel';
import { contextFilter } from './subject.js';
import { MOST_VOLUMES, streamOf } from './volumes.js';

/**
 * What a service may do with the log on NATS: append to its contexts, read every volume that there may ever be, change nothing.
 * Answers come to inboxes below `inbox`, which is the connection's `inboxPrefix`; consumers are in memory and its own.
 *
 * Nobody acknowledges what is read here; but each message says where it would be. To who may also answer what it is asked
 * (`allow_responses`) and may not publish there by itself, the server notes each of them for two minutes, and goes through
 * all that it has noted at every 4,096th (`pruneReplyPerms`): half of a processor while a long log is read.
 *
 * @param contexts none for those who only read, as the audit does.
 */
export function logPermissions(
  contexts: readonly ContextName[],
  { inbox = '_INBOX' }: { inbox?: string } = {},
): { publish: string[]; subscribe: string[] } {
  const streams = Array.from({ length: MOST_VOLUMES }, (_, index) => streamOf(index + 1));
  const acknowledged = streams.map((stream) => `$JS.ACK.${stream}.>`);
  return {
    publish: [...contexts.map(contextFilter), ...streams.flatMap(reading), ...acknowledged],
    subscribe: [`${inbox}.>`],
  };
}

const reading = (stream: string): string[] =>
  [
    `STREAM.INFO.${stream}`,
    `STREAM.MSG.GET.${stream}`,
    `DIRECT.GET.${stream}`,
    `DIRECT.GET.${stream}.>`,
    `CONSUMER.CREATE.${stream}`,
    `CONSUMER.INFO.${stream}.*`,
    `CONSUMER.MSG.NEXT.${stream}.*`,
    `CONSUMER.DELETE.${stream}.*`,
  ].map((call) => `$JS.API.${call}`);
