import { describe, expect, test } from '@jest/globals';
import type { Listed } from '@freehold/state-parts';
import { GivenUp } from '../reconciler/failures.js';
import { entriesForBag } from './refused-entries.js';

const about = { mode: 0o600, mtimeNs: 0n };
const file = (path: string): Listed => ({ type: 'file', path, sizeBytes: 1, sha256: 'a'.repeat(64), ...about });
const link = (path: string, target: string): Listed => ({ type: 'link', path, target, mtimeNs: 0n });

async function judge(...entries: Listed[]) {
  const given: string[] = [];
  try {
    for await (const { path } of entriesForBag('pages', listed(entries))) given.push(path);
  } catch (error) {
    if (error instanceof GivenUp) return { given, findings: error.findings };
    throw error;
  }
  return { given, findings: [] };
}

async function* listed(entries: readonly Listed[]): AsyncGenerator<Listed> {
  for (const entry of entries) yield await Promise.resolve(entry);
}

describe('entries for a bag', () => {
  test('are all there where nothing is wrong with their names', async () => {
    const entries = [file('a/100% sure?.txt'), link('a/b', '100% sure?.txt')];
    expect(await judge(...entries)).toEqual({ given: ['a/100% sure?.txt', 'a/b'], findings: [] });
  });

  test('that it refuses are named at the end, all of them, with what to do', async () => {
    const { given, findings } = await judge(
      ...[file('back\\slash'), file('fine'), file('new\nline'), link('out', '../secrets'), file('last')],
    );
    expect(given).toEqual(['fine', 'last']);
    expect(findings.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/parts/pages/back\\slash', 'path-has-backslash'],
      ['/parts/pages/new\\u{a}line', 'path-has-control-character'],
      ['/parts/pages/out', 'link-leaves-part'],
    ]);
    expect(findings[0]).toMatchObject({
      detail: expect.stringContaining('back\\slash'),
      hint: expect.stringContaining('Rename it'),
    });
  });

  test('are judged by where they would lie in the bag', async () => {
    const deep = (folders: number) => file(`${'d/'.repeat(folders)}file`);
    expect((await judge(deep(96))).findings).toEqual([]);
    expect(await judge(deep(97))).toMatchObject({ findings: [{ code: 'path-too-deep' }] });
  });

  test('are not named without end', async () => {
    const many = Array.from({ length: 500 }, (_, n) => file(`${n}\\`));
    expect((await judge(...many)).findings).toHaveLength(20);
  });
});
