import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { readAnswer } from './peer-answer.js';

const refusing = (status: number, ...codes: string[]) => {
  const errors = codes.map((code) => ({ pointer: '', code, detail: 'So it is.', hint: 'Change it.' }));
  const body = { type: 'about:blank', title: 'No', status, errors, correlationId: 'c' };
  return () => readAnswer(z.object({}), { status, body }, 'https://old.example');
};

it('takes a request that is signed with a key of another time for one that is not answered yet', () => {
  expect(refusing(401, 'signature-key-unknown')).toThrow(
    expect.objectContaining({ name: 'PeerFailure', code: 'refused', hint: expect.stringContaining('well-known') }),
  );
  expect(refusing(401, 'signature-wrong')).toThrow(
    expect.objectContaining({ name: 'PeerRefused', findings: [expect.objectContaining({ code: 'signature-wrong' })] }),
  );
  expect(refusing(422, 'grant-expired')).toThrow(expect.objectContaining({ name: 'PeerRefused' }));
  expect(refusing(503)).toThrow(expect.objectContaining({ name: 'PeerFailure', code: 'unreachable' }));
});
