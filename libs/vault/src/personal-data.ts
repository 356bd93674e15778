import { type Enciphered, ERASED, isEnciphered } from '@freehold/kernel';
import { z } from 'zod';
import { openBound, sealBound } from './bound-cipher.js';
import type { Digests } from './digests.js';
import type { KeyRing } from './key-ring.js';
import { checkOwner } from './owner.js';
import { KeyUnknown, ValueAltered, ValueOutOfPlace } from './vault-failure.js';
import type { Json } from './json.js';

/** `<operator>/<field>`: whose record the value stands in, and as what (`operator.name`). */
export type OperatorPlace = `${string}/${string}`;

/**
 * @param operator operator id, or `_` for what belongs to the cell
 * @param field kebab-case or camelCase tokens joined by dots; the last one is the name of the JSON property that holds
 *   the value in commands, events and read models alike (`operator.name` stands under `name`)
 */
export function placeOf(operator: string, field: string): OperatorPlace {
  checkOwner(operator);
  if (!FIELD.test(field)) throw new RangeError(`"${field}" is not a field; it has the form operator.name`);
  return `${operator}/${field}`;
}

const FIELD = /^[a-z][A-Za-z0-9-]*(\.[a-z][A-Za-z0-9-]*)+$/;
const PLACE = /^(?<operator>[^/]+)\/(?<field>[^/]+)$/;

/** A value with everything enciphered in it opened. */
export type Opened<T> = T extends Enciphered
  ? Json
  : T extends readonly (infer Item)[]
    ? Opened<Item>[]
    : T extends object
      ? { [Name in keyof T]: Opened<T[Name]> }
      : T;

export class PersonalData {
  constructor(
    private readonly keys: KeyRing,
    private readonly digests: Digests,
  ) {}

  async ensureKey(owner: string): Promise<string> {
    await this.keys.ensure(`personal.${checkOwner(owner)}`);
    return owner;
  }

  async eraseKey(keyId: string): Promise<void> {
    await this.keys.erase(`personal.${checkOwner(keyId)}`);
  }

  async encipher(keyId: string, place: OperatorPlace, value: Json, digestPurpose?: string): Promise<Enciphered> {
    const { operator, field } = partsOf(place);
    placeOf(operator, field);
    const key = await this.keyToEncipher(keyId);
    const text = JSON.stringify(value);
    const digest =
      digestPurpose === undefined
        ? null
        : await this.digests.digest(digestPurpose, typeof value === 'string' ? value : text);
    const sealed = sealBound(key, bindingOf(keyId, place, digest), text);
    return { $enciphered: keyId, place, ...sealed, ...(digest === null ? {} : { digest }) };
  }

  async open(enciphered: Enciphered, place: OperatorPlace): Promise<Json> {
    if (enciphered.place !== place) throw new ValueOutOfPlace(enciphered.place, place);
    return openWith(await this.find(enciphered.$enciphered), enciphered);
  }

  async openAll<T>(value: T, operator?: string): Promise<Opened<T>> {
    const found = new Map<string, Promise<Uint8Array | undefined>>();
    const walk = async (node: unknown, name?: string): Promise<unknown> => {
      if (isEnciphered(node)) {
        checkStands(node, operator, name);
        const key = found.get(node.$enciphered) ?? this.find(node.$enciphered);
        found.set(node.$enciphered, key);
        return openWith(await key, node);
      }
      if (Array.isArray(node)) return Promise.all(node.map((item) => walk(item, name)));
      if (!isPlainObject(node)) return node;
      const entries = Object.entries(node).map(async ([key, item]) => [key, await walk(item, key)] as const);
      return Object.fromEntries(await Promise.all(entries));
    };
    return (await walk(value)) as Opened<T>;
  }

  private find(keyId: string): Promise<Uint8Array | undefined> {
    return this.keys.find(`personal.${checkOwner(keyId)}`);
  }

  private async keyToEncipher(keyId: string): Promise<Uint8Array> {
    const key = await this.find(keyId);
    if (key !== undefined) return key;
    await this.keys.refuseErased(`personal.${keyId}`);
    throw new KeyUnknown(keyId);
  }
}

const bindingOf = (keyId: string, place: string, digest: string | null) => ['personal', keyId, place, digest];

function openWith(key: Uint8Array | undefined, enciphered: Enciphered): Json {
  if (key === undefined) return ERASED;
  const { $enciphered, place, digest } = enciphered;
  try {
    return z.json().parse(JSON.parse(openBound(key, bindingOf($enciphered, place, digest ?? null), enciphered)));
  } catch (error) {
    throw new ValueAltered(place, error);
  }
}

/** Refuses a value of another operator, or of another field than the property under which it stands. */
function checkStands({ place }: Enciphered, operator: string | undefined, name: string | undefined): void {
  const parts = partsOf(place);
  if (operator !== undefined && parts.operator !== operator) throw new ValueOutOfPlace(place, `${operator}/…`);
  if (name !== undefined && parts.field.split('.').at(-1) !== name) {
    throw new ValueOutOfPlace(place, `${parts.operator}/….${name}`);
  }
}

function partsOf(place: string): { operator: string; field: string } {
  const { operator, field } = PLACE.exec(place)?.groups ?? {};
  if (operator === undefined || field === undefined) throw new ValueOutOfPlace(place, '<operator>/<field>');
  return { operator, field };
}

function isPlainObject(node: unknown): node is Record<string, unknown> {
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}
