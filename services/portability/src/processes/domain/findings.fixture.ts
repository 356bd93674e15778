import type { Finding } from '@freehold/kernel';

export const finding = (code: string): Finding => ({
  pointer: '',
  code,
  detail: `${code}.`,
  hint: 'Read the fixture.',
});
