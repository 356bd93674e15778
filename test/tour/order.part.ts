import { IssuedKey } from '@freehold/accounts-contract';
import { join } from 'node:path';
import { type Installation, startInstallation } from '../kit/installation.js';
import { show } from './deployed.js';
import type { Stage } from './stage.js';
import { NAME, type Tour } from './tour.js';

/** From nothing to servers and services that run. */
export async function startPart(stage: Stage): Promise<Installation> {
  stage.part(
    'An installation',
    'One command starts NATS (the log), PostgreSQL (read models) and all services in one Node process. The folder is temporary.',
  );
  stage.command(['up', '--home', '<a new folder>'], 'npm start does the same');
  return startInstallation({ onOutput: (text) => stage.raw(text) });
}

/** A customer of the provider, with a key of its own. */
export async function operatorPart(stage: Stage, installation: Installation): Promise<Tour> {
  stage.part('An operator', 'The provider takes a customer on: a club, with the plan "small" and two places.');
  const operatorProfile = await becomeOperator(stage, installation);
  return { stage, installation, operatorProfile, nameServers: [installation.nameServer] };
}

/** Registers the club with the provider; answers its profile for the command line. */
export async function becomeOperator(stage: Stage, installation: Installation): Promise<string> {
  const name = 'The club';
  const register = ['operator', 'register', '--name', name, '--contact', 'ada@club.example'];
  await stage.run([...register, '--plan', 'small', '--places', '2'], { profile: installation.profile });
  const issue = ['key', 'issue', '--operator', name, '--role', 'owner'];
  stage.command(issue, 'shown once; kept as a digest');
  const { key } = IssuedKey.parse(await installation.freeholdJson(issue));
  const operatorProfile = join(installation.folder, 'operator-profile.json');
  stage.say(`${key.slice(0, 12)}…\n`);
  const login = ['login', '--address', installation.address, '--key-stdin'];
  await stage.run(login, { profile: operatorProfile, input: key, remark: 'from here on we are the operator' });
  return operatorProfile;
}

/** A real Matrix server, under its name, with its first administrator. */
export async function orderPart(tour: Tour): Promise<void> {
  const { stage, operatorProfile: profile } = tour;
  stage.part(
    'An order',
    'Every step is in the log before it is done, and has an undo. Installing Synapse from PyPI takes most of the time, once.',
  );
  await stage.run(['order', 'synapse', '--name', NAME, '--setting', 'contact=ada@club.example'], { profile });
  await stage.run(['show', NAME], { profile });
  const { recorded } = await show(tour);
  stage.claim(
    recorded.status === 'live' && recorded.identity !== null,
    'It is live, and answers under its name with keys that prove who it is',
    `it is ${recorded.status}`,
  );
}
