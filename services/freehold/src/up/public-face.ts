import { configuration, type Environment, variableOf } from '@freehold/platform';
import { z } from 'zod';

/*
 * How an installation is reached from other machines. It listens on loopback only: a program in front of it takes HTTPS
 * and hands on (docs/provider/behind-https.md). These are settings of `up`, remembered in installation.json: without any of
 * the variables it starts as the last time.
 */

const Port = z.coerce.number().int().min(1).max(65_535);
const Address = z.union([z.ipv4(), z.ipv6()]);
const HttpsOrigin = z
  .url({ protocol: /^https$/, error: 'an https origin such as https://cloud.example' })
  .refine((text) => URL.parse(text)?.pathname === '/' && !/[?#@]/.test(text), 'an origin: without a path')
  .transform((text) => new URL(text).origin);

export const PublicFace = z
  .object({
    publicUrl: HttpsOrigin.optional().describe('https origin by which others know this provider, for ever'),
    publicAddress: Address.optional().describe('IP address of this machine for others: what names lead to'),
    publicPort: Port.optional().describe('port there at which HTTPS is taken for names: 443 unless given'),
    transferUrl: HttpsOrigin.optional().describe('https origin of moves’ data; default: that of FREEHOLD_PUBLIC_URL'),
    transferPort: Port.optional().describe('port of moves’ data at the loopback address; default: a free one'),
    dnsAddress: Address.optional().describe('address of the name server; default: the loopback address'),
    dnsPort: Port.optional().describe('port of the name server; default: a free one'),
  })
  .superRefine(({ publicUrl, publicAddress, publicPort, transferUrl }, context) => {
    const say = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (publicUrl === undefined) {
      for (const [field, value] of Object.entries({ publicAddress, publicPort, transferUrl }))
        if (value !== undefined) say(field, `it needs ${variableOf('publicUrl')} beside it`);
      return;
    }
    if (publicAddress === undefined) say('publicAddress', `missing: ${variableOf('publicUrl')} needs it`);
    if (publicPort !== undefined && publicPort !== 443 && publicPort !== 8443)
      say('publicPort', 'HTTPS for names is taken at 443 or 8443');
    if (transferUrl !== undefined && new URL(transferUrl).hostname !== new URL(publicUrl).hostname)
      say('transferUrl', 'it must have the host name of the public URL; another port is fine');
  });
export type PublicFace = z.infer<typeof PublicFace>;

/**
 * What the environment says; undefined when it says nothing of it.
 * @throws ConfigurationInvalid
 */
export function publicFaceIn(environment: Environment): PublicFace | undefined {
  const said = Object.entries(environment).filter(
    ([name, value]) => /^FREEHOLD_(PUBLIC|TRANSFER|DNS)_/.test(name) && value !== undefined && value !== '',
  );
  return said.length === 0 ? undefined : configuration(PublicFace, Object.fromEntries(said));
}

/** The fields of services' schemas that follow from it. */
export function publicValues(face: PublicFace, apiUrl: string): Record<string, string> {
  const { publicUrl = apiUrl, transferUrl = face.publicUrl } = face;
  const given = Object.entries({ ...face, publicUrl, transferUrl }).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, String(value)] as const],
  );
  // Other installations on this machine are reached over loopback, as long as this one is not meant for others.
  return { ...Object.fromEntries(given), addressPolicy: face.publicUrl === undefined ? 'embedded' : 'public' };
}
