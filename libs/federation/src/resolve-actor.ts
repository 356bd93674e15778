import { actorFindings, actorIdOf, type ActorId } from './domain/actor-id.js';
import { addressOf, webFingerFormOf } from './domain/webfinger-form.js';
import { ProbeFailure } from './probe-failure.js';

/**
 * Asks for a URL without following redirects, within the caller's bounds and address policy.
 * `location` is the header of a redirect, or null.
 */
export type LookPort = (url: string) => Promise<{ readonly status: number; readonly location: string | null }>;

const MOST_REDIRECTS = 5;

/**
 * The actor that an identity names. The WebFinger form (`https://user@host`, `@user@host`, `acct:user@host`) is resolved
 * by following redirects to the actor's URI (rule 4 of Forgejo's), within the host and never from https to http; what is
 * a URI already is not looked up.
 * @throws ProbeFailure `malformed`, `wrong-status`, `redirect-elsewhere`, `redirect-loop`, and what `look` throws
 */
export async function resolveActor(input: string, source: string, look: LookPort): Promise<ActorId> {
  const form = webFingerFormOf(input);
  if (form === null) return checked(input, actorIdOf(input, source));
  const scheme = input.toLowerCase().startsWith('http:') ? 'http' : 'https';
  let asked = new URL(`${scheme}://${addressOf(form)}/`).href;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const { status, location } = await look(asked);
    if (status === 200) return { ...checked(asked, actorIdOf(asked, source)), unvalidatedInput: input };
    if (status < 300 || status > 399 || location === null) {
      throw new ProbeFailure('wrong-status', asked, `answered with status ${status}`, { status });
    }
    asked = nextOf(asked, location);
  }
  throw new ProbeFailure('redirect-loop', asked, `redirects more than ${MOST_REDIRECTS} times`);
}

function nextOf(asked: string, location: string): string {
  const here = new URL(asked);
  const next = URL.parse(location, asked);
  const worse = here.protocol === 'https:' && next?.protocol !== 'https:';
  if (next === null || next.host !== here.host || worse) {
    throw new ProbeFailure('redirect-elsewhere', asked, `redirects to ${next?.origin ?? 'no URL'}`);
  }
  next.username = '';
  next.password = '';
  return next.href;
}

function checked(url: string, actor: ActorId): ActorId {
  const [finding] = actorFindings(actor);
  if (finding === undefined) return actor;
  throw new ProbeFailure('malformed', url, finding.detail);
}
