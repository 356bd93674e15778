import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logging.js';

describe('log lines', () => {
  it('are JSON with level and time, and without secrets', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    logger.child({ service: 'accounts' }).info(
      {
        authorization: 'Bearer fh_planted',
        headers: { authorization: 'planted', cookie: 'planted' },
        request: { headers: { authorization: 'planted' }, body: { secret: 'planted', password: 'planted' } },
      },
      'asked',
    );
    logger.debug('not written');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'info',
      service: 'accounts',
      msg: 'asked',
      time: expect.any(String),
    });
    expect(lines[0]).not.toContain('planted');
  });
});
