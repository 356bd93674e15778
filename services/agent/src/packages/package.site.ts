import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface SiteAnswer {
  readonly status: number;
  readonly body: string;
}

/** A deployed application as its users meet it: by name, through the router. */
export interface Site {
  readonly name: string;
  readonly account: { readonly user: string; readonly password: string };
  ask(method: string, path: string, options?: SiteRequest): Promise<SiteAnswer>;
}

export interface SiteRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. The length is always said. */
  readonly body?: string | Readonly<Record<string, unknown>>;
}

/** @param router where names are published */
export function siteOf(
  router: { readonly address: string; readonly port: number },
  about: Pick<Site, 'name' | 'account'>,
): Site {
  const { name } = about;
  return {
    ...about,
    ask: (method, path, { headers = {}, body }: SiteRequest = {}) =>
      new Promise((resolve, reject) => {
        const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
        const length = sent === undefined ? {} : { 'content-length': String(Buffer.byteLength(sent)) };
        const to = { host: router.address, port: router.port, agent: false, method, path, timeout: 20_000 };
        request({ ...to, headers: { host: name, ...length, ...headers } }, (response) => {
          text(response).then((answered) => resolve({ status: response.statusCode ?? 0, body: answered }), reject);
        })
          .once('error', reject)
          .end(sent);
      }),
  };
}
