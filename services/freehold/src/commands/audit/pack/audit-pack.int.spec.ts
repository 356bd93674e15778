import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { runCommand } from '../../../cli/command-run.fixture.js';
import { commitsOf, DEPLOYMENT, OPERATOR, TileLog } from '../tile-log.fixture.js';

const all = commitsOf(700);
const own = all.filter(({ subject }) => subject.endsWith(DEPLOYMENT));

describe('the evidence pack of a deployment', () => {
  let folder: string;
  let log: TileLog;
  const at = (...names: string[]) => join(folder, ...names);
  const text = (...names: string[]) => readFile(at(...names), 'utf8');
  const audit = (...args: string[]) => runCommand(['audit', ...args], at('profile.json'));
  const pack = (to: string, ...args: string[]) =>
    audit('pack', '--deployment', DEPLOYMENT, '--to', at(to), '--key', log.verifierKey, ...args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-audit-pack-'));
    log = await TileLog.start(at('log'));
    await log.write(all);
    expect(await pack('pack', '--from', at('log'))).toMatchObject({ exitCode: 0 });
  });
  afterAll(async () => {
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('holds every commit with its proof, and is verified with nothing else', async () => {
    const verified = await audit('verify', at('pack'), '--key', log.verifierKey, '--json');
    expect([verified.exitCode, JSON.parse(verified.out)]).toMatchObject([0, { commits: own.length, findings: [] }]);
    expect(await readdir(at('pack', 'proofs'))).toHaveLength(own.length);
    const lines = (await text('pack', 'history.jsonl')).split('\n');
    await writeFile(at('pack', 'history.jsonl'), lines.toSpliced(2, 1).join('\n'));
    expect(await audit('verify', at('pack'), '--key', log.verifierKey)).toMatchObject({ exitCode: 3 });
    await writeFile(at('pack', 'history.jsonl'), lines.join('\n'));
  });

  it('is found changed in every file, and what is only for reading is said to be so', async () => {
    const verify = () => audit('verify', at('pack'), '--key', log.verifierKey, '--json');
    const codes = (out: string) => {
      const { findings, warnings } = JSON.parse(out) as Record<string, { pointer: string; code: string }[]>;
      return [...findings!, ...warnings!].map(({ pointer, code }) => `${pointer} ${code}`);
    };
    const files = await readdir(at('pack'), { recursive: true, withFileTypes: true });
    for (const file of files.filter((each) => each.isFile() && !/-(?!4)\d+\./.test(each.name))) {
      const path = join(file.parentPath, file.name);
      const bytes = await readFile(path);
      const middle = bytes.byteLength >> 1;
      await writeFile(path, bytes.with(middle, bytes[middle]! ^ 1));
      const { exitCode, out } = await verify();
      await writeFile(path, bytes);
      const isRead = /^(README|report)/.test(file.name);
      expect([file.name, exitCode, codes(out).length > 0]).toEqual([file.name, isRead ? 0 : 3, true]);
      if (!file.name.startsWith('history')) expect(codes(out)).toEqual([expect.stringContaining(file.name)]);
    }
    await writeFile(at('pack', 'note.txt'), 'from a stranger');
    expect(codes((await verify()).out)).toEqual(['/note.txt file-strange']);
    await rm(at('pack', 'note.txt'));
  });

  it('has leaves and proofs that lead to the root by SHA-256 alone', async () => {
    const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const root = (await text('pack', 'checkpoint')).split('\n')[2]!;
    for (const name of await readdir(at('pack', 'leaves'))) {
      const proof = (await text('pack', 'proofs', name.replace('.leaf', '.tlog-proof'))).split('\n\n')[0]!.split('\n');
      let [index, last] = [Number(proof[1]!.slice('index '.length)), all.length - 1];
      let hash = sha256(Buffer.of(0), await readFile(at('pack', 'leaves', name)));
      for (const sibling of proof.slice(2).map((line) => Buffer.from(line, 'base64'))) {
        while (index % 2 === 0 && index === last) [index, last] = [index / 2, last >> 1];
        hash = index % 2 === 1 ? sha256(Buffer.of(1), sibling, hash) : sha256(Buffer.of(1), hash, sibling);
        [index, last] = [index >> 1, last >> 1];
      }
      expect(hash.toString('base64')).toBe(root);
    }
  });

  it('has a report that names all commits, in HTML that loads nothing and in PDF', async () => {
    const html = await text('pack', 'report.html');
    for (const { position } of own) expect(html).toContain(`${position}<br>`);
    expect(html).not.toMatch(/<script|<img|<link|src=|url\(|@import/);
    const pdf = await readFile(at('pack', 'report.pdf'));
    const shown = pdfText(pdf);
    for (const { position } of own) expect(shown).toContain(`(${position} v`);
    expect(shown).toContain('(root, signed in the checkpoint)');
    expect(await pack('again', '--from', at('log'))).toMatchObject({ exitCode: 0 });
    expect((await readFile(at('again', 'report.pdf'))).equals(pdf)).toBe(true);
  });

  it('shows what strangers wrote as text', async () => {
    const hostile = all.with(3, {
      ...all[3]!,
      body: Buffer.from(
        Buffer.from(all[3]!.body)
          .toString()
          .replace('"number":3', String.raw`"x":"<script>alert(1)</script>) Tj ET \\"`),
      ),
    });
    await log.write(hostile);
    expect(await pack('hostile', '--from', at('log'))).toMatchObject({ exitCode: 0 });
    await log.write(all);
    expect(await text('hostile', 'report.html')).not.toContain('<script>alert');
    expect(pdfText(await readFile(at('hostile', 'report.pdf')))).toContain(String.raw`alert\(1\)</script>\) Tj ET`);
  });

  it('is refused of a log that is not what it signed, of what is not there, and over something else', async () => {
    const entries = join('log', 'tile', 'entries', '001');
    const bundle = await readFile(at(entries));
    await writeFile(at(entries), bundle.with(900, bundle[900]! ^ 1));
    expect(await pack('bad', '--from', at('log'))).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('commit-changed'),
    });
    await writeFile(at(entries), bundle);
    expect(await pack('pack', '--from', at('log'))).toMatchObject({ exitCode: 2 });
    const nobody = await audit(
      'pack',
      '--deployment',
      OPERATOR,
      '--to',
      at('none'),
      '--key',
      log.verifierKey,
      '--from',
      at('log'),
    );
    expect(nobody).toMatchObject({ exitCode: 4 });
    expect(await readdir(folder)).not.toContain('bad');
  });
});

/** What the pages of a PDF draw. */
function pdfText(pdf: Buffer): string {
  const whole = pdf.toString('latin1');
  return [...whole.matchAll(/\/Length (\d+) \/Filter \/FlateDecode >>\nstream\n/g)]
    .map(({ index, 0: head, 1: length }) => pdf.subarray(index + head.length, index + head.length + Number(length)))
    .map((stream) => inflateSync(stream).toString('latin1'))
    .join('\n');
}
