import { eventually } from '@freehold/supervisor/testing';
import { randomBytes } from 'node:crypto';
import { MatrixPerson } from '../kit/matrix-person.js';
import { followingAgent } from '../kit/name-lookup.js';
import { makePicture } from '../kit/picture.js';
import { agentFetch } from '../kit/router-agent.js';
import { Account } from './deployed.js';
import { NAME, type People, type Tour } from './tour.js';

/** Two people with a real client talk and send a picture. */
export async function talkPart({ stage, installation, operatorProfile, nameServers }: Tour): Promise<People> {
  stage.part('People', 'Two users with matrix-js-sdk, the library inside Element: no calls of our own to the server.');
  const baseUrl = `http://${NAME}:${installation.router.port}`;
  const server = { baseUrl, fetch: agentFetch(followingAgent(nameServers)) };
  stage.say(`Their clients ask the name server at ${nameServers.join(', ')} where ${NAME} is, on each connection`);
  const firstAdmin = ['show', NAME, '--first-admin'];
  stage.command(firstAdmin);
  const account = Account.parse(await installation.freeholdJson(firstAdmin, { profile: operatorProfile }));
  stage.say(`${account.user} with a password of ${account.password.length} characters\n`);
  const user = account.user.replace(/^@/, '').split(':')[0] ?? '';
  const administrator = await MatrixPerson.signIn(server, { user, password: account.password });
  const accounts = ['ada', 'grace'].map((name) => ({ user: name, password: randomBytes(12).toString('base64url') }));
  for (const each of accounts) await administrator.createAccount(each);
  administrator.leave();
  const [ada, grace] = await Promise.all([0, 1].map((n) => MatrixPerson.signIn(server, accounts[n] ?? account)));
  if (ada === undefined || grace === undefined) throw new Error('two accounts make two people');
  stage.say(`${ada.userId} and ${grace.userId} sign in at ${server.baseUrl}`);

  const room = await ada.createRoom('The club', grace);
  await grace.join(room);
  const said = await ada.say(room, 'Hello Grace, this is ours.');
  const picture = makePicture();
  const sent = await ada.sendPicture(room, 'colours.png', picture);
  await eventually(() => [said, sent].every((id) => grace.received.some((each) => each.id === id)));
  const text = grace.received.find(({ id }) => id === said)?.text;
  stage.claim(text === 'Hello Grace, this is ours.', `Grace reads: "${text ?? ''}"`, 'the message did not come');
  const url = grace.received.find(({ id }) => id === sent)?.url;
  const bytes = url === undefined ? Buffer.alloc(0) : await grace.download(url);
  stage.claim(
    bytes.equals(picture),
    `Grace has Ada's picture, byte for byte (${(picture.byteLength / 1024).toFixed(0)} KiB)`,
    `${bytes.byteLength} other bytes came`,
  );
  const graceAccount = accounts[1] ?? account;
  return { room, server, ada, grace, signInGraceAgain: () => MatrixPerson.signIn(server, graceAccount) };
}
