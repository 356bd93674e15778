import { z } from 'zod';

/** Major versions of the programs that a host has anyway and packages may use; what it has not is left out. */
export const HostPrograms = z.object({ postgres: z.int().positive().exactOptional() });
export type HostPrograms = z.infer<typeof HostPrograms>;

/** What a host can do for an application. */
export const HostCapabilities = z.object({
  programs: HostPrograms,
  /** It can run something with no way in and no way out. */
  closing: z.boolean(),
});
export type HostCapabilities = z.infer<typeof HostCapabilities>;

/** As hosts say it: an agent of before says nothing, and is taken for one that can do nothing of it. */
export const SaidCapabilities = HostCapabilities.partial();
