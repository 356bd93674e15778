import { wentLive } from '@freehold/deployment-contract';
import type { StoredCommit } from '@freehold/kernel';

type Identity = ReturnType<typeof wentLive.data.parse>['identity'];

/** What the world knew it by when it went live here, enciphered. @param history newest first */
export function identityIn(history: readonly StoredCommit[]): Identity {
  for (const { commit } of history) {
    for (const { type, data } of commit.events) if (type === wentLive.type) return wentLive.data.parse(data).identity;
  }
  return null;
}
