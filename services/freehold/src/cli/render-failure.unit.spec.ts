import { describe, expect, it } from '@jest/globals';
import picocolors from 'picocolors';
import { AnswerLost, NotReached, ProblemAnswered, wasNotSent } from '../api/api-failures.js';
import { CommandFailure } from './command-failure.js';
import { renderFailure } from './render-failure.js';

const plain = picocolors.createColors(false);
const render = (error: unknown) => renderFailure(error, plain, 'freehold suspend chat.freehold.test');
const problem = (status: number, code = 'invalid') => ({
  type: `http://127.0.0.2:8420/problems/${code}`,
  title: 'It cannot be done as it was asked',
  status,
  detail: 'why',
  hint: 'what to do',
  errors: [],
  correlationId: 'c0ffee',
});

describe('a failure as it is shown', () => {
  it('lists every finding with its place and remedy, and is refused', () => {
    const errors = [
      { pointer: '/settings/uploadLimit', code: 'setting-invalid', detail: 'must be a number', hint: 'Give a number.' },
      { pointer: '', code: 'quota-used-up', detail: 'all places are taken', hint: 'Ask for more places.' },
    ];
    const { lines, exitCode } = render(new ProblemAnswered({ ...problem(422), errors }, 'key'));
    expect(exitCode).toBe(3);
    expect(lines).toEqual([
      'It cannot be done as it was asked.',
      '  /settings/uploadLimit must be a number (setting-invalid)',
      '    → Give a number.',
      '  · all places are taken (quota-used-up)',
      '    → Ask for more places.',
      'correlation c0ffee',
    ]);
  });

  it.each([
    [400, 3],
    [401, 5],
    [403, 5],
    [404, 4],
    [409, 3],
    [412, 3],
    [422, 3],
    [429, 6],
    [500, 1],
    [503, 6],
  ])('answers HTTP %d with exit code %d', (status, exitCode) =>
    expect(render(new ProblemAnswered(problem(status), undefined)).exitCode).toBe(exitCode),
  );

  it('says the key to send again when the outcome is unknown', () => {
    const { lines, exitCode } = render(new ProblemAnswered(problem(503, 'outcome-unknown'), 'k-1'));
    expect(exitCode).toBe(6);
    expect(lines).toContain('→ freehold suspend chat.freehold.test --idempotency-key k-1');
  });

  it('says the key when the answer was lost', () => {
    const { lines, exitCode } = render(new AnswerLost('http://127.0.0.2:8420', 'k-2', new Error('reset')));
    expect(exitCode).toBe(6);
    expect(lines.at(-1)).toBe('→ freehold suspend chat.freehold.test --idempotency-key k-2');
  });

  it('says what to start when nobody answers', () => {
    const { lines, exitCode } = render(new NotReached('http://127.0.0.2:8420', new Error('refused')));
    expect([exitCode, lines[0]]).toEqual([6, 'Nobody answers at http://127.0.0.2:8420.']);
    expect(lines[1]).toContain('freehold up');
  });

  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'The certificate of https://old.example is not accepted', 'NODE_EXTRA_CA_CERTS='],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'The certificate of https://old.example is not accepted', 'NODE_EXTRA_CA_CERTS='],
    ['ENOTFOUND', 'The name old.example leads nowhere from here', 'getent hosts old.example'],
    ['EAI_AGAIN', 'The name old.example leads nowhere from here', 'getent hosts old.example'],
  ])('says what keeps it from the other side: %s', (code, said, remedy) => {
    const failed = new TypeError('fetch failed', { cause: Object.assign(new Error('…'), { code }) });
    expect(wasNotSent(failed)).toBe(true);
    const { lines, exitCode } = render(new NotReached('https://old.example', failed));
    expect([exitCode, lines.length]).toEqual([6, 2]);
    expect(lines[0]).toContain(said);
    expect(lines[1]).toContain(remedy);
  });

  it('keeps the cause of what nobody foresaw', () => {
    const { lines, exitCode } = render(new Error('outer', { cause: new Error('inner') }));
    expect([exitCode, ...lines.slice(0, 2)]).toEqual([1, 'outer', 'inner']);
  });

  it('has usage as its own exit code', () => {
    expect(render(new CommandFailure('no', 'type yes'))).toEqual({ lines: ['no', '→ type yes'], exitCode: 2 });
  });
});
