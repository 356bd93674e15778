import { describe, expect, it } from '@jest/globals';
import { joinInTree, ordered } from './tree-order.js';

async function* from(...paths: readonly string[]) {
  for (const path of paths) yield { path };
}
const refuse = (path: string): never => {
  throw new Error(`${path} is not in its place`);
};

describe('two trees', () => {
  it('are joined name by name, a folder with its content before what follows it', async () => {
    const joined: string[] = [];
    const [left, right] = [from('a', 'a/b', 'a-b', 'c'), from('a', 'a/c', 'a-b', 'd', 'ü')];
    for await (const { path, left: one, right: other } of joinInTree(left, right)) {
      joined.push(`${one === undefined ? '' : '<'}${path}${other === undefined ? '' : '>'}`);
    }
    expect(joined).toEqual(['<a>', '<a/b', 'a/c>', '<a-b>', '<c', 'd>', 'ü>']);
  });
});

describe('a list of somebody else', () => {
  const all = async (...paths: readonly string[]) => {
    const passed = [];
    for await (const { path } of ordered(from(...paths), refuse)) passed.push(path);
    return passed;
  };

  it('is passed on in order, and refused out of it or twice', async () => {
    expect(await all('a', 'a/b', 'a-b')).toEqual(['a', 'a/b', 'a-b']);
    await expect(all('a', 'a-b', 'a/b')).rejects.toThrow('a/b');
    await expect(all('a', 'a')).rejects.toThrow('a');
  });
});
