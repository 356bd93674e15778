import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { execFileSync } from 'node:child_process';
import picocolors from 'picocolors';
import { completionScript } from '../completion/completion.js';
import type { CommandContext } from './command-context.js';
import { programOf } from './program.js';

const context: CommandContext = {
  terminal: {
    colours: picocolors.createColors(false),
    isInteractive: false,
    width: 80,
    out: () => undefined,
    err: () => undefined,
  },
  surroundings: {
    profileFile: '',
    profileIsNamed: false,
    natsServer: undefined,
    natsMemoryBytes: undefined,
    dataFolder: '',
    stateFolder: '',
    noColour: true,
    environment: {},
  },
  finish: () => undefined,
};
const program = programOf(context);
const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

describe('the tree of commands', () => {
  it('has those of the design for this version', () => {
    expect(program.commands.map((each) => each.name()).toSorted()).toEqual(
      [
        ...['up', 'serve', 'login', 'key', 'operator', 'apps', 'order', 'list', 'show', 'open', 'settings', 'logs'],
        ...[
          'suspend',
          'resume',
          'retire',
          'history',
          'diff',
          'replay',
          'work',
          'projections',
          'master-key',
          'signing-keys',
          'provider-key',
          'log-key',
          'witness-key',
          'doctor',
          'completion',
        ],
        ...['move', 'export', 'bag', 'audit', 'log'],
      ].toSorted(),
    );
  });

  it.each(leaves(program).map((each) => [each.name(), each] as const))(
    'has an example in the help of %s',
    (_, command) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
      expect(help).toMatch(/Examples?:\n {2}\$ /);
    },
  );
});

describe('completion', () => {
  const bash = (words: readonly string[]): string[] => {
    const script = `${completionScript('bash', program)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _freehold; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(' ');
  };

  it('knows commands, commands of a group, and options', () => {
    expect(bash(['freehold', 're'])).toEqual(['resume', 'retire', 'replay']);
    expect(bash(['freehold', 'operator', 're'])).toEqual(['register', 'resume']);
    expect(bash(['freehold', 'move', ''])).toEqual(['grant', 'confirm', 'take', 'status', 'abandon', '--help']);
    expect(bash(['freehold', 'bag', 'check', '--ho'])).toEqual(['--holey']);
    expect(bash(['freehold', 'order', 'synapse', '--na'])).toEqual(['--name', '--name-for']);
  });

  it('names every command to zsh and fish', () => {
    for (const shell of ['zsh', 'fish'] as const) {
      const script = completionScript(shell, program);
      for (const each of leaves(program)) expect(script).toMatch(new RegExp(String.raw`\b${each.name()}\b`));
    }
  });
});
