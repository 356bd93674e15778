import { armor, Decrypter, Encrypter } from 'age-encryption';
import { z } from 'zod';
import type { Json } from './json.js';

/**
 * Seals a JSON value for one holder of a key, such as an agent's host: age, armored.
 * @param recipient age public key, `age1…`
 */
export async function sealFor(recipient: string, value: Json): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(JSON.stringify(value)));
}

/**
 * @param identity `AGE-SECRET-KEY-1…`
 * @throws when it was sealed for somebody else or altered.
 */
export async function openSealed(identity: string, sealed: string): Promise<Json> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return z.json().parse(JSON.parse(await decrypter.decrypt(armor.decode(sealed), 'text')));
}
