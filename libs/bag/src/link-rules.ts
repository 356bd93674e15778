import type { Finding } from '@freehold/kernel';
import { pointerOf, shown } from './path-rules.js';

const MAX_TARGET_BYTES = 4095;

/**
 * A symbolic link may lead anywhere inside its part, and nowhere else. Its target is relative, and every `..` stands at its
 * beginning: links lie in real folders, so those lead to real folders, and what follows can only go down or through links that
 * keep the same rule. (`x/..` would lead out where x is a link to a folder higher up.)
 *
 * @param path of the link, relative to the part.
 */
export function checkLink(path: string, target: string): Finding[] {
  const names = target.split('/');
  const up = names.findIndex((name) => name !== '..');
  const ups = up === -1 ? names.length : up;
  const broken =
    target === '' ||
    target.startsWith('/') ||
    target.includes('\0') ||
    Buffer.byteLength(target) > MAX_TARGET_BYTES ||
    !target.isWellFormed() ||
    names.slice(ups).includes('..') ||
    ups > path.split('/').length - 1;
  if (!broken) return [];
  return [
    {
      pointer: pointerOf(path),
      code: 'link-leaves-part',
      detail: `the link ${shown(path)} leads to ${shown(target)}`,
      hint: 'Links lead to places inside their part, with .. only at the beginning of the target.',
    },
  ];
}
