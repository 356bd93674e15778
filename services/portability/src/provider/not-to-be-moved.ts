import type { Movable } from '@freehold/deployment-contract';
import type { Finding } from '@freehold/kernel';

/** Why what is not live can be neither granted nor exported. @param otherwise unless a move says more */
export function whyNotMovable({ leftFor, status }: Movable, otherwise: Finding): Finding {
  const pointer = '/deployment';
  if (leftFor !== null) {
    return {
      pointer,
      code: 'deployment-left',
      detail: `It has left: ${leftFor} runs it now.`,
      hint: 'Ask for it there; to take it back, have it granted there, then "freehold move take" here.',
    };
  }
  if (status !== 'sealed') return otherwise;
  return {
    pointer,
    code: 'deployment-sealed',
    detail: 'It is stopped while it is copied, for a move or an export.',
    hint: 'Wait for that to end: see "freehold move status".',
  };
}
