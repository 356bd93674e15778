// Rules about several files at once.
import { environmentReaders } from '../exceptions.mjs';

/** tsc -b builds in the order of the references; without one a fresh clone fails where a built one does not. */
export const referencesFollowDependencies = {
  name: 'references-follow-dependencies',
  why: 'the references of a tsconfig.json are the workspace packages of its package.json',
  find: ({ files, json, has }) => {
    const packages = files.filter((file) => /^((contracts|libs|services)\/[^/]+|test)\/package\.json$/.test(file));
    const folderOf = new Map(packages.map((file) => [json(file).name, file.replace('/package.json', '')]));
    return packages.flatMap((file) => {
      const folder = file.replace('/package.json', '');
      const config = `${folder}/tsconfig.json`;
      if (!has(config)) return [{ file, message: 'has no tsconfig.json beside it' }];
      const { dependencies, devDependencies } = json(file);
      const wanted = Object.keys({ ...dependencies, ...devDependencies }).flatMap((name) => folderOf.get(name) ?? []);
      const found = (json(config).references ?? []).map(({ path }) =>
        new URL(path, `file:///${folder}/`).pathname.slice(1).replace(/\/$/, ''),
      );
      return [
        ...wanted
          .filter((name) => !found.includes(name))
          .map((name) => ({ file: config, message: `lacks a reference to ${name}` })),
        ...found
          .filter((name) => !wanted.includes(name))
          .map((name) => ({ file: config, message: `refers to ${name}, which package.json does not name` })),
      ];
    });
  },
};

/** A table of steps is proven by the laws, all of them. */
export const processWithoutLaws = {
  name: 'process-without-laws',
  why: 'every process runs under processLaws (rule 15 of the style, docs/adr/0006)',
  find: ({ files, read }) =>
    files
      .filter((file) => /^services\/.*\.process\.ts$/.test(file))
      .flatMap((file) => {
        const [home] = /^services\/[^/]+\//.exec(file);
        const specs = files.filter((spec) => spec.startsWith(home) && spec.endsWith('.spec.ts')).map(read);
        return [...read(file).matchAll(/^export const (\w+)[^=]*= defineProcess\b/gm)]
          .filter(([, table]) => !specs.some((spec) => new RegExp(`\\bprocessLaws\\(\\s*${table}\\b`).test(spec)))
          .map(([, table]) => ({ file, message: `no spec of ${home} calls processLaws(${table}, …)` }));
      }),
};

/** The operations table has no second list; an operation that nobody answers, or two do, is found here. */
export const operationBoundOnce = {
  name: 'operation-bound-once',
  why: 'every operation of the contracts is bound by exactly one @Operation in its context',
  find: ({ files, read }) =>
    files
      .filter((file) => /^contracts\/[^/]+\/src\/operations\b.*\.ts$/.test(file) && !file.endsWith('.spec.ts'))
      .flatMap((file) => {
        const [, context] = file.split('/');
        const sources = files
          .filter(
            (source) =>
              source.startsWith(`services/${context}/src/`) && source.endsWith('.ts') && !source.endsWith('.spec.ts'),
          )
          .map(read);
        return operationsIn(read(file)).flatMap((name) => {
          const bound = sources.reduce(
            (sum, text) =>
              sum + [...text.matchAll(new RegExp(`@Operation\\(\\s*${name.replace('.', '\\.')}\\s*\\)`, 'g'))].length,
            0,
          );
          return bound === 1 ? [] : [{ file, message: `${name} is bound ${bound} times in services/${context}` }];
        });
      }),
};

/** Exported rows: made by operation(), by a function of the same file that calls it, or four at once by resource(). */
function operationsIn(text) {
  const makers = [...text.matchAll(/^const (\w+) =[^;]*?=>\s*operation\(/gm)].map(([, name]) => name);
  return [...text.matchAll(/^export const (\w+) = (\w+)\(/gm)].flatMap(([, name, maker]) => {
    if (maker === 'resource') return ['get', 'list', 'history', 'changes'].map((each) => `${name}.${each}`);
    return maker === 'operation' || makers.includes(maker) ? [name] : [];
  });
}

export const exceptionsShrink = {
  name: 'exceptions-shrink',
  why: 'a list of exceptions may only shrink (test/rules/exceptions.mjs)',
  find: ({ has, read }) =>
    environmentReaders
      .filter((file) => !has(file) || !/\benv\b/.test(read(file)))
      .map((file) => ({ file, message: 'reads no environment; take it off the list in test/rules/exceptions.mjs' })),
};
