import { subjectOf, type RawCommit } from '@freehold/log';

const BODY_BYTES = 600;
const TEXT = 'a commit of Freehold’s log, as long as they are, and no two of them alike; ';

/** Commits number `from` (from 0) to `to`, without the last: bodies of 600 bytes, leaves of 752. The same each time. */
export function numberedCommits(from: number, to: number): RawCommit[] {
  return Array.from({ length: to - from }, (_, at) => {
    const number = from + at;
    const body = Buffer.alloc(BODY_BYTES, TEXT);
    body.write(String(number).padStart(16, '0'));
    const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    return {
      position: `1:${number + 1}`,
      time: String(1_700_000_000_000_000_000n + BigInt(number)),
      subject: subjectOf({ context: 'deployment', operator: OPERATOR, aggregate: 'deployment', id: uuid }),
      body,
    };
  });
}

const OPERATOR = '11111111-1111-4111-8111-111111111111';
