import type { Command } from 'commander';

/*
 * Shell completion, generated from the tree of commands: words only, so that it answers at once and asks no server.
 */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command as completion sees it: `path` is empty for the program itself. */
interface Words {
  path: readonly string[];
  commands: readonly { name: string; summary: string }[];
  options: readonly { flag: string; summary: string }[];
}

/** The script that a shell reads. */
export function completionScript(shell: Shell, program: Command): string {
  const all = wordsOf(program, []);
  switch (shell) {
    case 'bash':
      return bash(all);
    case 'zsh':
      return `#compdef freehold\nautoload -U +X bashcompinit && bashcompinit\n${bash(all)}`;
    case 'fish':
      return fish(all);
  }
}

function wordsOf(command: Command, path: readonly string[]): Words[] {
  const own: Words = {
    path,
    commands: command.commands.map((each) => ({ name: each.name(), summary: each.summary() })),
    options: command.options.map((each) => ({ flag: each.long ?? each.short ?? '', summary: each.description })),
  };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}

function bash(all: readonly Words[]): string {
  const cases = all.map(({ path, commands, options }) => {
    const words = [...commands.map(({ name }) => name), ...options.map(({ flag }) => flag), '--help'].join(' ');
    return `    '${path.join(' ')}') words='${words}' ;;`;
  });
  const known = all.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`);
  return `_freehold() {
  local current path word words
  current="\${COMP_WORDS[COMP_CWORD]}"
  path=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${known.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
    *) words='--help' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _freehold freehold
`;
}

function fish(all: readonly Words[]): string {
  const lines = all.flatMap(({ path, commands, options }) => {
    const first =
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const others = commands.map(({ name }) => name).join(' ');
    const when =
      path.length === 0 || commands.length === 0 ? first : `${first}; and not __fish_seen_subcommand_from ${others}`;
    return [
      ...commands.map(({ name, summary }) => `complete -c freehold -f -n '${when}' -a ${name} -d '${text(summary)}'`),
      ...options
        .filter(({ flag }) => flag.startsWith('--'))
        .map(({ flag, summary }) => `complete -c freehold -n '${first}' -l ${flag.slice(2)} -d '${text(summary)}'`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Between single quotes of fish. */
const text = (summary: string): string => summary.replaceAll('\\', '').replaceAll("'", '’');
