import type { Finding } from '@freehold/kernel';

/** All findings of several judges, each once: two of them may say the same of one field. */
export const joined = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((finding) => [`${finding.pointer} ${finding.code}`, finding])).values(),
];
