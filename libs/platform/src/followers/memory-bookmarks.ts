import type { Bookmark, Bookmarks, ParkedAggregate } from './bookmarks.js';

/** Bookmarks in memory, for tests: the same answers as the bucket, gone at the end. */
export function memoryBookmarks(): Bookmarks {
  const marks = new Map<string, Bookmark>();
  const aside = new Map<string, Map<string, ParkedAggregate>>();
  const asideOf = (follower: string): Map<string, ParkedAggregate> => {
    const found = aside.get(follower) ?? new Map<string, ParkedAggregate>();
    aside.set(follower, found);
    return found;
  };
  return {
    read: async (follower) => marks.get(follower) ?? { position: null, revision: 0 },
    write: async (follower, position, revision) => {
      if ((marks.get(follower)?.revision ?? 0) !== revision) return null;
      marks.set(follower, { position, revision: revision + 1 });
      return revision + 1;
    },
    parked: async (follower) => [...asideOf(follower).values()],
    park: async (follower, aggregate) => void asideOf(follower).set(aggregate.subject, aggregate),
    unpark: async (follower, subject) => void asideOf(follower).delete(subject),
  };
}
