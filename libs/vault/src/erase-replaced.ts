import type { JetStreamManager } from '@nats-io/jetstream';
import { bucketStream, bucketSubject } from './vault-bucket.js';

/**
 * Taking off the disk what entries of a bucket were before. The server would only mark what is replaced as gone, so such a
 * bucket keeps two messages a key (`max_msgs_per_subject`), and what is not the last is deleted here, which overwrites it.
 * After a crash in between the next call does it. Of several callers at once each message is deleted by one.
 */

/** Of one key: all messages but the last. */
export async function eraseOlder(manager: JetStreamManager, bucket: string, key: string): Promise<void> {
  const stream = bucketStream(bucket);
  const subject = bucketSubject(bucket, key);
  for (;;) {
    const last = await manager.streams.getMessage(stream, { last_by_subj: subject });
    const first = await manager.streams.getMessage(stream, firstOf(subject));
    if (first === null || last === null || first.seq >= last.seq) return;
    const failed = await manager.streams.deleteMessage(stream, first.seq, true).then(nothing, failure);
    const now = await manager.streams.getMessage(stream, firstOf(subject));
    if (failed !== undefined && now?.seq === first.seq) throw failed.cause;
  }
}

/** Of every key. */
export async function eraseReplaced(manager: JetStreamManager, bucket: string): Promise<void> {
  const info = await manager.streams.info(bucketStream(bucket), { subjects_filter: bucketSubject(bucket, '>') });
  for (const [subject, messages] of Object.entries(info.state.subjects ?? {})) {
    if (messages > 1) await eraseOlder(manager, bucket, subject.slice(bucketSubject(bucket, '').length));
  }
}

/** The client's type of a request knows the server's `next_by_subj` for direct requests only. */
const firstOf = (subject: string) => ({ seq: 1, next_by_subj: subject });

export const nothing = () => undefined;
export const failure = (cause: unknown) => ({ cause });
