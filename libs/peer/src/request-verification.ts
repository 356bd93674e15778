import type { Finding } from '@freehold/kernel';
import { type Jwk, KeyId, ProviderOrigin } from '@freehold/portability-contract';
import { httpbis, type SignatureParameters } from 'http-message-signatures';
import { isDigestOf } from './content-digest.js';
import { isSignedBy, thumbprintOf } from './provider-key.js';
import { ALWAYS_COVERED, COVERED_IF_SENT, lowerCased, SIGNATURE_TAG } from './request-signature.js';

/*
 * The library parses, rebuilds the signature base and checks; these rules are ours, because it leaves them open (1.0.6):
 * it takes "content-digest";key="x" for the whole header, components that are named twice, several signatures of which
 * the last decides, methods in any case, and it judges `created` and `expires` by our clock, which may be an hour apart.
 */

export interface ReceivedRequest {
  method: string;
  /** Our own origin and the request target as it came: never from the `Host` header. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Exactly the bytes that came. */
  body: Uint8Array;
  /** The key that the provider's description has under this id, or null. What it throws is thrown on. */
  keys: (provider: string, kid: string) => Promise<Jwk | null>;
}

export interface VerifiedRequest {
  provider: string;
  kid: string;
  nonce: string | null;
}

const MAX_NONCE = 200;

/** Who signed this request, or everything that is wrong with its signature. The key is looked up only when the rest is right. */
export async function verifyRequest(request: ReceivedRequest): Promise<VerifiedRequest | { refused: Finding[] }> {
  const headers = lowerCased(request.headers);
  const early = missingOf(headers, request.body);
  if (early.length > 0) return { refused: early };
  const checking = new Checking({ ...request, headers });
  const valid = await checking.run();
  const refused = checking.findings;
  if (refused.length === 0 && !valid)
    refused.push(finding('signature-wrong', 'The signature does not fit the request.'));
  const { signer } = checking;
  return refused.length > 0 || signer === null ? { refused } : signer;
}

function missingOf(headers: Readonly<Record<string, string>>, body: Uint8Array): Finding[] {
  const missing = ['signature-input', 'signature', 'content-digest'].filter((name) => headers[name] === undefined);
  const digest = headers['content-digest'];
  return [
    ...missing.map((name) => finding('signature-missing', `There is no ${name} header.`, name)),
    ...(digest === undefined || isDigestOf(digest, body)
      ? []
      : [finding('content-digest-wrong', 'The body is not the one that Content-Digest tells of.', 'content-digest')]),
  ];
}

/** One run of the library over one request, with what it found on the way. */
class Checking {
  readonly findings: Finding[] = [];
  signer: VerifiedRequest | null = null;
  #failure: { error: unknown } | null = null;
  #ours = 0;
  readonly #covered: string[] = [];

  constructor(private readonly request: ReceivedRequest) {}

  async run(): Promise<boolean> {
    const { method, url, headers } = this.request;
    const valid = await httpbis
      .verifyMessage(
        {
          keyLookup: (parameters) => this.#keyOf(parameters),
          componentParser: (name, parameters) => [this.#component(name, parameters.size)],
          // Neither `created` nor `expires` is judged: freshness is by nonce.
          tolerance: Number.POSITIVE_INFINITY,
          notAfter: Number.POSITIVE_INFINITY,
          requiredParams: ['created', 'keyid', 'tag'],
        },
        { method, url, headers: { ...headers } },
      )
      .catch(() => false);
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#ours !== 1) {
      this.findings.push(finding('signature-missing', `There must be one signature with the tag ${SIGNATURE_TAG}.`));
    } else if (valid === true) this.#judgeCovered();
    return valid === true;
  }

  /** Called by the library for each signature; only one with our tag is asked about. */
  async #keyOf(parameters: SignatureParameters) {
    if (parameters.tag !== SIGNATURE_TAG) return null;
    this.#ours += 1;
    if (this.#ours > 1) return null;
    const claimed = this.#claimed(parameters);
    if (claimed === null) return null;
    const jwk = await this.request.keys(claimed.provider, claimed.kid).catch((error: unknown) => {
      this.#failure = { error };
      return null;
    });
    if (jwk?.kid !== claimed.kid || thumbprintOf(jwk) !== claimed.kid) {
      this.findings.push(finding('signature-key-unknown', 'The provider’s description has no such key.'));
      return null;
    }
    this.signer = claimed;
    const verify = (base: Buffer, signature: Buffer) => Promise.resolve(isSignedBy(jwk, base, signature));
    return { id: claimed.kid, algs: ['ed25519'], verify };
  }

  #claimed({ keyid, nonce }: SignatureParameters): VerifiedRequest | null {
    const [origin = '', kid = '', ...rest] = typeof keyid === 'string' ? keyid.split('#') : [];
    const wellFormed = rest.length === 0 && ProviderOrigin.safeParse(origin).success && KeyId.safeParse(kid).success;
    if (!wellFormed) {
      this.findings.push(finding('signature-invalid', 'keyid must be <origin of the provider>#<thumbprint>.'));
    }
    const nonceIsText = nonce === undefined || (typeof nonce === 'string' && nonce.length <= MAX_NONCE);
    if (!nonceIsText) {
      this.findings.push(finding('signature-invalid', `nonce is a string of at most ${MAX_NONCE} characters.`));
    }
    return wellFormed && nonceIsText ? { provider: origin, kid, nonce: nonce ?? null } : null;
  }

  #component(name: string, parameters: number): string {
    if (parameters > 0) {
      this.findings.push(finding('signature-invalid', `The component ${name} takes no parameters here.`));
    }
    this.#covered.push(name);
    if (name === '@method') return this.request.method;
    if (name === '@target-uri') return this.request.url;
    const value = name.startsWith('@') ? undefined : this.request.headers[name];
    if (value !== undefined) return value.trim();
    this.findings.push(finding('signature-invalid', `The signature covers ${name}, which is not there.`));
    return '';
  }

  #judgeCovered(): void {
    if (this.findings.length > 0) return;
    const sent = COVERED_IF_SENT.filter((name) => this.request.headers[name] !== undefined);
    const uncovered = [...ALWAYS_COVERED, ...sent].filter((name) => !this.#covered.includes(name));
    for (const name of uncovered) {
      this.findings.push(finding('signature-incomplete', `The signature does not cover ${name}.`));
    }
    if (new Set(this.#covered).size < this.#covered.length) {
      this.findings.push(finding('signature-invalid', 'The signature names a component twice.'));
    }
  }
}

const finding = (code: string, detail: string, header = 'signature-input'): Finding => ({
  pointer: `/headers/${header}`,
  code,
  detail,
  hint: 'Sign the request as docs/protocol/moving-v1.md says: RFC 9421, ed25519, with the key in your /.well-known/freehold.',
});
