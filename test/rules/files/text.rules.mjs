// What may not stand in any text.
import { isSource, isText } from './house.mjs';

const LOCK = 'package-lock.json';

// [brackets] around a letter keep this file from breaking its own rules.
const SUPPRESSIONS =
  /@ts-(ignor[e]|nochec[k])|(ox|es)lint-(disabl[e]|enabl[e])|prettier-ignor[e]|(istanbul|c8|v8) ignor[e]/;
const EXPECTED_ERROR = /@ts-expect-erro[r]/;
const UNFINISHED = /\b(TOD[O]|FIXM[E]|XX[X])\b/;
const MACHINE_PATH = /(?<![\w.\])}-])(\/(wor[k]|tmp\/[w]|home\/[a-z]\w*)(\/[\w.]|['"`]|$)|\/roo[t]\/[\w.])/;
const REGISTRY =
  /https?:\/\/[^/\s"'`]*(registry|artifactory|nexus|verdaccio|pypi|goproxy|proxy\.golang|files\.pythonhosted)|^\s*(registry|(extra-)?index-url)\s*=|^--(extra-)?index-url|"resolved": "https?:/;
// As comments, documents and links name them; a link's target is looked at, too.
const DECISION = /\b(?:ADRs?|docs\/adr)[\s,/*]+(\d{4})\b|\[(\d{4})\]\((?!\S*\b\2-)/g;

export const suppressedCheck = {
  name: 'suppressed-check',
  why: 'a check that is wrong is changed for all, with its reason; it is not switched off in a line',
  // A spec may show that something does not compile.
  find: ({ files, grep }) => [
    ...grep(files.filter(isSource), SUPPRESSIONS, 'switches a check off'),
    ...grep(
      files.filter((file) => isSource(file) && !file.endsWith('.spec.ts')),
      EXPECTED_ERROR,
      'switches the compiler off',
    ),
  ],
};

export const unfinishedWork = {
  name: 'unfinished-work',
  why: 'what is to be done is an issue, not a comment',
  find: ({ files, grep }) => grep(files.filter(isSource), UNFINISHED, 'leaves work in a comment'),
};

export const machinePath = {
  name: 'machine-path',
  why: 'a clone works on every machine',
  find: ({ files, grep }) =>
    grep(
      files.filter((file) => isText(file) && file !== LOCK),
      MACHINE_PATH,
      'names a path of one machine',
    ),
};

export const registryHost = {
  name: 'registry-host',
  why: 'where packages come from is the matter of each machine’s configuration',
  find: ({ files, grep }) => grep(files.filter(isText), REGISTRY, 'names a package registry'),
};

/** Relative links of the documents. */
export const brokenLink = {
  name: 'broken-link',
  why: 'a document that leads nowhere is worse than none',
  find: ({ files, read, has }) =>
    files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
          .map(([, target]) => ({ target, path: new URL(target, `file:///${file}`).pathname.slice(1) }))
          .filter(({ path }) => !has(decodeURIComponent(path)))
          .map(({ target }) => ({ file, message: `links to ${target}, which does not exist` })),
      ),
};

/** A number is a decision's for ever, and all are found in one place. */
export const unlistedDecision = {
  name: 'unlisted-decision',
  why: 'a number names one decision, and docs/adr/README.md lists all',
  find: ({ files, read }) => {
    const all = files.filter((file) => /^docs\/adr\/\d{4}-/.test(file));
    const numberOf = (file) => /\d{4}/.exec(file)?.[0];
    const listed = read('docs/adr/README.md');
    return all.flatMap((file) => [
      ...(all.some((other) => other < file && numberOf(other) === numberOf(file))
        ? [{ file, message: `another decision has the number ${numberOf(file)}` }]
        : []),
      ...(listed.includes(`](${file.slice('docs/adr/'.length)})`)
        ? []
        : [{ file, message: 'docs/adr/README.md does not list it' }]),
    ]);
  },
};

/** Decisions are named by number, in comments and documents. */
export const unknownDecision = {
  name: 'unknown-decision',
  why: 'whoever looks for the reason finds it under the number that is named',
  find: ({ files, read }) => {
    const known = new Set(files.flatMap((file) => /^docs\/adr\/(\d{4})-/.exec(file)?.[1] ?? []));
    return files.filter(isText).flatMap((file) =>
      [...read(file).matchAll(DECISION)]
        .filter(([, named]) => !known.has(named))
        .map(({ 0: said, index }) => ({
          file,
          line: read(file).slice(0, index).split('\n').length,
          message: `names a decision that is not there: ${said}`,
        })),
    );
  },
};
