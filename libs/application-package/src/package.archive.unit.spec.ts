import { describe, expect, it } from '@jest/globals';
import type { LoadResult, PackageFile } from './domain/application-package.js';
import { archive, unarchive } from './package.archive.js';
import { PACKAGE_LIMITS } from './package.bounds.js';
import { sha256 } from './package.form.js';
import { parsePackage } from './package.parse.js';
import { sampleFiles } from './testing/sample-package.js';

const codes = (result: LoadResult): string[] | 'loaded' =>
  result.kind === 'loaded' ? 'loaded' : result.findings.map((finding) => finding.code);

const octets = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const form = (files: readonly { path: string; content: string }[]): Uint8Array =>
  octets({ format: 'freehold-package/1', files });

function loaded(files: readonly PackageFile[]) {
  const result = parsePackage(files);
  if (result.kind === 'refused') throw new Error('the sample has findings');
  return result.package;
}

describe('an archive', () => {
  it('is the same whatever the order of the files, and gives the package back', () => {
    const [one, other] = [archive(loaded(sampleFiles())), archive(loaded(sampleFiles().toReversed()))];
    expect(other.digest).toBe(one.digest);
    expect(one.digest).toBe(sha256(one.bytes));
    expect(unarchive(one.bytes, { digest: one.digest })).toEqual({ kind: 'loaded', package: loaded(sampleFiles()) });
  });

  it('has the digest that its package names', () => {
    const app = loaded(sampleFiles());
    expect(app.digest).toBe(archive(app).digest);
  });

  it('that was altered is refused', () => {
    const { bytes, digest } = archive(loaded(sampleFiles()));
    const altered = bytes.with(bytes.length - 10, 65);
    expect(codes(unarchive(altered, { digest }))).toEqual(['digest-unequal']);
  });

  it.each([
    ['no JSON', octets('{')],
    ['no UTF-8', new Uint8Array([255, 254])],
    ['another form', octets({ format: 'zip', files: [] })],
    ['contents that are no base64', form([{ path: 'a', content: '***' }])],
    [
      'too many files',
      form(Array.from({ length: PACKAGE_LIMITS.files + 1 }, (_, index) => ({ path: `f${index}`, content: '' }))),
    ],
  ])('with %s is refused', (_, bytes) => {
    expect(codes(unarchive(bytes))).toEqual(['archive-unreadable']);
  });

  it.each(['../x', '/etc/passwd', 'a/../../b', 'a//b', 'a\\b', './a', 'C:/x', 'a\0b', '', 'a/.', 'nul.', 'ä'])(
    'with the path %j is refused',
    (path) => {
      expect(codes(unarchive(form([{ path, content: '' }])))).toEqual(['path-unsafe']);
    },
  );

  it('with two paths that differ in case only is refused', () => {
    expect(
      codes(
        unarchive(
          form([
            { path: 'A.md', content: '' },
            { path: 'a.md', content: '' },
          ]),
        ),
      ),
    ).toEqual(['path-twice']);
  });

  it('that is not canonical is refused', () => {
    const { bytes } = archive(loaded(sampleFiles()));
    const spaced = octets(`${new TextDecoder().decode(bytes)}\n`);
    expect(codes(unarchive(spaced))).toEqual(['archive-not-canonical']);
  });

  it('that is too large, or holds too large a file, is refused', () => {
    expect(codes(unarchive(new Uint8Array(PACKAGE_LIMITS.archiveBytes + 1)))).toEqual(['archive-too-large']);
    const large = Buffer.alloc(PACKAGE_LIMITS.fileBytes + 1).toString('base64');
    expect(codes(unarchive(form([{ path: 'large', content: large }])))).toEqual(['file-too-large']);
  });

  it('whose package has faults is refused with them', () => {
    expect(codes(unarchive(form([])))).toEqual(['file-missing', 'file-missing']);
  });
});
