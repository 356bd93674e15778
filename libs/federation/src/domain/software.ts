/** What the URIs of a software are like. The name is that of its NodeInfo, in lower case. */
interface UriCustom {
  /** Paths that differ only in case are the same. */
  readonly ignoresCase: boolean;
  /** The path without its version, and with it. */
  readonly defaultApi: { readonly short: string; readonly full: string } | null;
  /** Where persons and repositories lie, as far as it is known. */
  readonly persons: RegExp | null;
  readonly repositories: RegExp | null;
}

const UNKNOWN: UriCustom = { ignoresCase: false, defaultApi: null, persons: null, repositories: null };

const FORGEJO: UriCustom = {
  ignoresCase: true,
  defaultApi: { short: '/api/activitypub/', full: '/api/v1/activitypub/' },
  persons: /^\/api\/v1\/activitypub\/user-id\/[^/]+$/,
  repositories: /^\/api\/v1\/activitypub\/repository-id\/[^/]+$/,
};

const CUSTOMS = new Map<string, UriCustom>([
  ['forgejo', FORGEJO],
  ['gitea', FORGEJO],
  ['mastodon', { ...UNKNOWN, persons: /^\/(?:ap\/)?users\/[^/]+$/ }],
  ['gotosocial', { ...UNKNOWN, persons: /^\/users\/[^/]+$/ }],
]);

/** A software that is not listed keeps the case of its paths, and may have them anywhere. */
export const uriCustomOf = (source: string): UriCustom => CUSTOMS.get(source) ?? UNKNOWN;
