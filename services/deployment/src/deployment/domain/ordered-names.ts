/** Which names an order brings, by the purposes that the application has for them. */
import type { Finding } from '@freehold/kernel';

interface Brought {
  /** The one under which it is opened: of the first purpose. */
  name: string;
  /** The others, by purpose. */
  names: Readonly<Record<string, string>>;
}
/** In its order; null: the application is not known. */
type Purposes = readonly { readonly purpose: string; readonly title: string }[] | null;

/** In the order of the application; what it does not know comes last. Without one the first purpose is `web`. */
export function orderedNames({ name, names }: Brought, wanted: Purposes): { purpose: string; name: string }[] {
  const [first = 'web', ...others] = (wanted ?? []).map(({ purpose }) => purpose);
  const rank = (purpose: string): number => (others.includes(purpose) ? others.indexOf(purpose) : others.length);
  const further = Object.keys(names).toSorted((one, other) => rank(one) - rank(other));
  return [
    { purpose: first, name: normalised(name) },
    ...further.map((purpose) => ({ purpose, name: normalised(names[purpose] ?? '') })),
  ];
}

/** Each purpose has a name, and no name has two. Whether they are names, and free, provisioning says. */
export function namesFindings(brought: Brought, wanted: Purposes): Finding[] {
  const [, ...others] = wanted ?? [];
  const given = Object.keys(brought.names);
  const known = new Set(others.map(({ purpose }) => purpose));
  const missing = others.filter(({ purpose }) => !given.includes(purpose));
  const unknown = wanted === null ? [] : given.filter((purpose) => !known.has(purpose));
  const all = orderedNames(brought, wanted);
  const twice = all.slice(1).filter(({ name }, index) => all.slice(0, index + 1).some((other) => other.name === name));
  return [
    ...missing.map(({ purpose, title }) => nameMissing(purpose, title)),
    ...unknown.map((purpose) => purposeUnknown(purpose, known)),
    ...twice.map(({ purpose }) => nameTwice(purpose)),
  ];
}

/** As names stand in the DNS, as far as that is possible; whether it is one is provisioning's to say. */
const normalised = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');

const at = (purpose: string): string => `/names/${purpose.replaceAll('~', '~0').replaceAll('/', '~1')}`;

const nameMissing = (purpose: string, title: string): Finding => ({
  pointer: at(purpose),
  code: 'name-missing',
  detail: `This application needs one more name: ${title}.`,
  hint: `Give it with "--name-for '${purpose}=…'".`,
});
const purposeUnknown = (purpose: string, known: ReadonlySet<string>): Finding => ({
  pointer: at(purpose),
  code: 'purpose-unknown',
  detail: `This application has no name for "${purpose}".`,
  hint: known.size === 0 ? 'Leave it out: it has one name.' : `It has names for: ${[...known].join(', ')}.`,
});
const nameTwice = (purpose: string): Finding => ({
  pointer: at(purpose),
  code: 'name-twice',
  detail: 'This order brings the same name twice.',
  hint: 'Give each purpose a name of its own.',
});
