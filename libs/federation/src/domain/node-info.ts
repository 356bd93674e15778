import type { Finding } from '@freehold/kernel';

/** What is kept of a server's NodeInfo: the software, by the name that it gives itself. */
export interface NodeInfo {
  readonly source: string;
}

/** NodeInfo 2.1, `software.name`. */
const SOFTWARE_NAME = /^[a-z0-9-]{1,64}$/;

export const isSoftwareName = (name: string): boolean => SOFTWARE_NAME.test(name);

export function nodeInfoFindings({ source }: NodeInfo): Finding[] {
  if (isSoftwareName(source)) return [];
  return [
    {
      pointer: '/source',
      code: 'source-malformed',
      detail: 'the software’s name is not of small letters, digits and hyphens',
      hint: 'Take `software.name` of the server’s NodeInfo.',
    },
  ];
}
