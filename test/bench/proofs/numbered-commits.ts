import { subjectOf, type RawCommit } from '@freehold/log';

const BODY = Buffer.alloc(600, 'a commit of Freehold’s log, as long as they are, and no two of them alike; ');
const OPERATOR = '11111111-1111-4111-8111-111111111111';
const LAST = '000000000000';
const FIRST_SUBJECT = subjectOf({
  ...{ context: 'deployment', operator: OPERATOR, aggregate: 'deployment' },
  id: `00000000-0000-4000-8000-${LAST}`,
});

/** Commits number `from` (from 0) to `to`, without the last: bodies of 600 bytes, leaves of 752. The same each time. */
export function numberedCommits(from: number, to: number): RawCommit[] {
  return Array.from({ length: to - from }, (_, at) => {
    const number = from + at;
    const digits = String(number).padStart(LAST.length, '0');
    const body = Buffer.from(BODY);
    body.write(digits);
    const subject = FIRST_SUBJECT.slice(0, -LAST.length) + digits;
    return { position: `1:${number + 1}`, time: `1700000${digits}`, subject, body };
  });
}
