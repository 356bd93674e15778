import { z } from 'zod';

/** Another provider's origin (RFC 6454), its id for ever: `https://cloud.example`. */
export const ProviderAddress = z
  .string()
  .max(300)
  .regex(
    /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/,
    'an origin such as https://cloud.example, without a path',
  );

export const Port = z.int().min(1).max(65_535);

/** Ports at which names are served over HTTPS; at any other over plain HTTP. */
const TLS_PORTS: ReadonlySet<number> = new Set([443, 8443]);
export const isTlsPort = (port: number): boolean => TLS_PORTS.has(port);

/** Where people reach a name that is served at this port: `https://chat.example`, `http://chat.freehold.test:8008`. */
export function originOfName(name: string, port: number): string {
  const scheme = isTlsPort(port) ? 'https' : 'http';
  return new URL(`${scheme}://${name}:${port}`).origin;
}

/** Where a name leads that another provider holds: its origin, and the address and port at which it serves the name. */
export const WayToProvider = z.object({
  to: ProviderAddress,
  address: z.union([z.ipv4(), z.ipv6()]),
  port: Port,
});
export type WayToProvider = z.infer<typeof WayToProvider>;
