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

/** Where a name leads that another provider holds: its origin, and the address and port at which it serves the name. */
export const WayToProvider = z.object({
  to: ProviderAddress,
  address: z.union([z.ipv4(), z.ipv6()]),
  port: Port,
});
export type WayToProvider = z.infer<typeof WayToProvider>;
