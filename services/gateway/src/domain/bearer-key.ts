import { Id } from '@freehold/kernel';

/** The parts of a key `fh_<operator, or cell>_<id>_<secret>`. */
export interface BearerKey {
  operator: string;
  credential: string;
  secret: string;
}

const FORM = /^Bearer +fh_([0-9a-f-]{36}|cell)_([0-9a-f-]{36})_([A-Za-z0-9.~+/=-]{1,200})$/i;

/** Null when the header is missing or does not have the form. */
export function bearerKeyOf(authorization: string | undefined): BearerKey | null {
  const [, operator = '', credential = '', secret = ''] = FORM.exec(authorization ?? '') ?? [];
  if (operator !== 'cell' && !Id.safeParse(operator).success) return null;
  return Id.safeParse(credential).success ? { operator, credential, secret } : null;
}
