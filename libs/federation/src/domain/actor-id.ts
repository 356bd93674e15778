import type { Finding } from '@freehold/kernel';
import { identityUriOf, uriOf } from './normalise-uri.js';
import { nodeInfoFindings } from './node-info.js';
import { webFingerFormOf } from './webfinger-form.js';

/** An actor of a federated server. Made of any input; {@link actorFindings} says whether it is one. */
export interface ActorId {
  /** The last segment of the path: what the server itself calls the actor. */
  readonly id: string;
  /** The server's software as its NodeInfo names it: `forgejo`. It decides whether a path's case matters. */
  readonly source: string;
  readonly scheme: string;
  readonly host: string;
  /** Null for the scheme's own. */
  readonly port: number | null;
  /** The whole path, with the id: `/api/v1/activitypub/user-id/1`. */
  readonly path: string;
  readonly unvalidatedInput: string;
}

/** The actor that a URI names, normalised. What cannot be read is empty. */
export function actorIdOf(input: string, source: string): ActorId {
  const name = source.toLowerCase();
  const uri = identityUriOf(input, name);
  const id = uri?.path.split('/').findLast((segment) => segment !== '') ?? '';
  const read = uri ?? { scheme: '', host: '', port: null, path: '' };
  const { scheme, host, port, path } = read;
  return { id, source: name, scheme, host, port, path, unvalidatedInput: input };
}

/** The actor's URI in the form in which it is compared. */
export const actorUri = (actor: ActorId): string => uriOf(actor);

/** All that is wrong; none of it for what {@link actorIdOf} made of a good URI. Pointers are into the actor. */
export function actorFindings(actor: ActorId): Finding[] {
  const source = nodeInfoFindings({ source: actor.source });
  if (actor.scheme === '' && actor.host === '') return [...source, inputFinding(actor.unvalidatedInput)];
  const findings = [...source];
  if (actor.id === '' || actor.path === '/') {
    findings.push({
      pointer: '/id',
      code: 'id-missing',
      detail: 'the URI names a server and no actor of it',
      hint: 'Give the whole address of the actor.',
    });
  }
  if (!isNormalised(actor)) {
    findings.push({
      pointer: '',
      code: 'identity-not-normalised',
      detail: 'scheme, host, port, path and id are not those of one normalised URI',
      hint: 'Make the actor from its URI again; a stored one was altered.',
    });
  }
  return findings;
}

/** Whether the actor is what its own URI says. */
function isNormalised(actor: ActorId): boolean {
  const { id, scheme, host, port, path } = actorIdOf(uriOf(actor), actor.source);
  const same = id === actor.id && scheme === actor.scheme && host === actor.host;
  return same && port === actor.port && path === actor.path;
}

function inputFinding(input: string): Finding {
  const pointer = '/unvalidatedInput';
  if (webFingerFormOf(input) !== null) {
    return {
      pointer,
      code: 'webfinger-form',
      detail: 'this is a person’s address, and not yet the actor’s URI',
      hint: 'Look the address up first.',
    };
  }
  return {
    pointer,
    code: 'uri-malformed',
    detail: 'this is no http or https address with a host',
    hint: 'Give an address such as https://code.example/api/v1/activitypub/user-id/1.',
  };
}
