import type { Finding } from '@freehold/kernel';
import type { z } from 'zod';
import { pointer } from './application-package.js';

type Issue = z.core.$ZodIssue;

/** Findings from the schema of `app.yaml`, one per mistake. */
export function descriptionFindings(error: z.ZodError): Finding[] {
  return error.issues.flatMap((issue) => issueFindings(issue));
}

function issueFindings(issue: Issue): Finding[] {
  const at = issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer(...at, key),
      code: 'field-unknown',
      detail: `there is no field ${key} here`,
      hint: 'Leave it out or correct its spelling; the JSON Schema of app.yaml lists all fields.',
    }));
  }
  const { code, hint } = meaning(issue);
  return [{ pointer: pointer(...at), code, detail: issue.message, hint }];
}

function meaning(issue: Issue): { code: string; hint: string } {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? { code: 'field-missing', hint: 'Add this field.' }
        : { code: 'field-type', hint: 'Give a value of the type that is expected.' };
    case 'invalid_value':
      return { code: 'field-not-offered', hint: 'Choose one of the values that are expected.' };
    case 'too_small':
    case 'too_big':
      return { code: 'field-out-of-range', hint: 'Stay within the bounds.' };
    case 'invalid_format':
    case 'custom':
    case 'not_multiple_of':
      return { code: 'field-form', hint: 'Write it in the form that is described.' };
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'unrecognized_keys':
      return { code: 'field-form', hint: 'Use one of the forms that the JSON Schema of app.yaml lists.' };
  }
}
