import { eventually } from '@freehold/supervisor/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed } from '../kit/freehold-command.js';
import { type Installation, startInstallation } from '../kit/installation.js';
import {
  differingMedia,
  notOnce,
  ownerOfToken,
  serverKeys,
  storeMedia,
  type StoredMedia,
} from '../kit/matrix-keepsakes.js';
import { MatrixWriter } from '../kit/matrix-writer.js';
import { addressOf } from '../kit/name-lookup.js';
import { becomeOperator } from './order.part.js';
import { ELSEWHERE, NAME, type People, type Sides, type Tour } from './tour.js';

const BEAT_MS = 200;
const FILES = 12;
const FILE_BYTES = 300_000;

/** A provider that has nothing to do with the first one but the machine. */
export async function secondProviderPart({ stage, installation }: Tour): Promise<Installation> {
  stage.part(
    'Another provider',
    'A second installation, with servers, keys and a zone of its own. The two know nothing of each other.',
  );
  stage.command(['up', '--home', '<another new folder>', '--zone', ELSEWHERE]);
  return startInstallation({
    args: ['--zone', ELSEWHERE],
    routerPort: installation.router.port, // a name says the address, not the port
    onOutput: (text) => stage.raw(text),
  });
}

/** The club is a customer there, too. */
export async function secondOperatorPart({ stage, nameServers }: Tour, installation: Installation): Promise<Tour> {
  stage.part('An operator there', 'The club signs up with the other provider.');
  const operatorProfile = await becomeOperator(stage, installation);
  nameServers.push(installation.nameServer);
  return { stage, installation, operatorProfile, nameServers };
}

/** What people have and must not lose. */
interface Belongings {
  readonly media: StoredMedia;
  readonly tokens: readonly string[];
  readonly owners: readonly (string | null)[];
  readonly keys: string;
  readonly address: string;
}

/** Synapse moves while Ada writes on. */
export async function movePart({ from, to }: Sides, people: People): Promise<void> {
  const { stage, installation, operatorProfile: profile } = from;
  stage.part(
    'A move',
    'The operator lets the other provider take the server over, and takes it there. Ada writes on meanwhile.',
  );
  const before = await belongings(from, people);
  stage.say(
    `Ada has stored ${FILES} files; ${NAME} is at ${before.address}. From now on she writes every ${BEAT_MS} ms`,
  );
  const writing = new MatrixWriter(people.ada, people.room, BEAT_MS);
  await eventually(() => writing.acknowledged.length >= 5);

  const grant = ['move', 'grant', NAME, '--to', to.installation.address];
  stage.command(grant, 'at the first provider');
  const granted = await installation.freehold(grant, { profile });
  if (granted.exitCode !== 0) throw new CommandFailed(grant, granted);
  stage.say(`${granted.stdout.slice(0, 60)}…`);
  for (const line of granted.stderr.trim().split('\n')) stage.say(line);
  const file = join(to.installation.folder, 'grant.txt');
  writeFileSync(file, granted.stdout);
  stage.line('');
  await stage.run(['move', 'take', `@${file}`], { profile: to.operatorProfile, remark: 'at the other provider' });

  const switched = await eventually(async () => (await addressOf(from.nameServers, NAME)) !== before.address, {
    timeoutMs: 30_000,
  });
  const there = to.installation.router.address;
  stage.claim(
    switched,
    `The name server of the first provider says ${NAME} is at ${there} now`,
    'it still says the old',
  );
  const sentBefore = writing.acknowledged.length;
  await eventually(() => writing.acknowledged.length >= sentBefore + 5, { timeoutMs: 30_000 });
  await writing.stop();
  await nothingIsLost(from, people, writing);
  await belongingsAreThere(from, people, before);
}

async function belongings({ nameServers }: Tour, { ada, grace, server }: People): Promise<Belongings> {
  const tokens = [ada.accessToken, grace.accessToken];
  return {
    media: await storeMedia(ada, FILES, FILE_BYTES),
    tokens,
    owners: await Promise.all(tokens.map((token) => ownerOfToken(server, token))),
    keys: JSON.stringify(await serverKeys(server)),
    address: (await addressOf(nameServers, NAME)) ?? '',
  };
}

/** As the server has it now, and as it came to a client that was open all the time. */
async function nothingIsLost({ stage }: Tour, { ada, grace, room }: People, writing: MatrixWriter): Promise<void> {
  const sent = writing.acknowledged.map(({ id }) => id);
  const wrong = notOnce(sent, await ada.everyEvent(room));
  stage.claim(
    wrong.size === 0,
    `All ${sent.length} messages that were acknowledged before, during and after the move are there, each once`,
    `${wrong.size} are not: ${JSON.stringify([...wrong].slice(0, 3))}`,
  );
  const seen = () => new Set(grace.received.map(({ id }) => id));
  const arrived = await eventually(() => sent.every((id) => seen().has(id)), { timeoutMs: 60_000 });
  stage.claim(
    arrived,
    "Grace's client, which was never restarted, followed the name and has them all",
    `${sent.filter((id) => !seen().has(id)).length} did not come`,
  );
  stage.say(
    `  For Ada it was down for ${(writing.longestPause.ms / 1000).toFixed(1)} s: from the last answer of the old server to the first of the new one`,
  );
}

async function belongingsAreThere({ stage }: Tour, { ada, server }: People, before: Belongings): Promise<void> {
  const owners = await Promise.all(before.tokens.map((token) => ownerOfToken(server, token)));
  stage.claim(
    owners.every((owner, index) => owner !== null && owner === before.owners[index]),
    `Access tokens from before still work: ${owners.join(', ')}`,
    `they belong to ${owners.join(', ')}`,
  );
  const keys = await serverKeys(server);
  stage.claim(
    JSON.stringify(keys) === before.keys,
    `To other servers it is the same: ${Object.keys(keys.verify_keys).join(', ')}`,
    `its keys are ${JSON.stringify(keys)}`,
  );
  const differing = await differingMedia(ada, before.media);
  stage.claim(
    differing.length === 0,
    `All ${before.media.size} files are equal, by their SHA-256`,
    `${differing.length} differ: ${differing.slice(0, 2).join(', ')}`,
  );
}
