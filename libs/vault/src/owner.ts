const OWNER = /^(_|[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)$/;
const PURPOSE = /^[a-z][a-z0-9-]{0,62}$/;
const SECRET_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;

/** An id (lower-case UUID), or `_` for the cell. @throws RangeError */
export const checkOwner = (owner: string): string => checked(OWNER, owner, 'an owner: a lower-case id, or _');

/** What a key of the cell is for, kebab-case: `name`, `command`, `credential`. @throws RangeError */
export const checkPurpose = (purpose: string): string => checked(PURPOSE, purpose, 'a purpose: kebab-case');

/** @throws RangeError */
export const checkSecretName = (name: string): string =>
  checked(SECRET_NAME, name, 'a secret’s name: a-z 0-9 _ -, at most 64');

function checked(pattern: RegExp, text: string, form: string): string {
  if (!pattern.test(text)) throw new RangeError(`${JSON.stringify(text.slice(0, 80))} is not ${form}`);
  return text;
}
