/** What speaks against the place that an arrival would have here: all of it at once, before anything is made. */
import type { Finding } from '@freehold/kernel';
import type { Offer } from '@freehold/portability-contract';

/** The host, as it was placed there, and what the plan gives on it. */
export interface Place {
  /** Major versions. */
  programs: Readonly<Record<string, number>>;
  closing: boolean;
  diskBytes: number;
  /** Of the package: something has to be done before it is reachable. */
  hasAfterRestore: boolean;
}

export function placeFindings({ programs, sizeBytes }: Pick<Offer, 'programs' | 'sizeBytes'>, place: Place): Finding[] {
  const findings = programs.flatMap((needed) => programMissing(needed, place.programs[needed.name]));
  if (sizeBytes !== null && sizeBytes > place.diskBytes) findings.push(diskTooSmall(sizeBytes, place.diskBytes));
  if (place.hasAfterRestore && !place.closing) findings.push(CANNOT_CLOSE);
  return findings;
}

function programMissing({ name, atLeast }: Offer['programs'][number], found: number | undefined): Finding[] {
  if (found !== undefined && found >= atLeast) return [];
  const has = found === undefined ? 'has none' : `has ${found}`;
  return [
    {
      pointer: '',
      code: 'host-program-missing',
      detail: `It needs the host’s ${name}, version ${atLeast} or newer; the host here ${has}.`,
      hint: `Provider: install ${name} on the host and start its agent again, then take it once more.`,
    },
  ];
}

const diskTooSmall = (sizeBytes: number, diskBytes: number): Finding => ({
  pointer: '',
  code: 'disk-too-small',
  detail: `It takes ${mebibytes(sizeBytes)} of disk at the source; this plan gives ${mebibytes(diskBytes)}.`,
  hint: 'Take it with a larger plan ("--plan"), or make it smaller at the source.',
});

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

const CANNOT_CLOSE: Finding = {
  pointer: '',
  code: 'host-cannot-close',
  detail: 'Something has to be done in it before it is reachable, and the host here cannot keep it closed for that.',
  hint: 'Provider: "freehold doctor" on the host says what closing needs.',
};
