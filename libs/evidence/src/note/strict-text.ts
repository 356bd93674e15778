/** The texts of C2SP have one spelling each; what is spelt otherwise is refused, or two texts would mean the same thing. */

/** Base64 (RFC 4648 section 4) with padding; null for any other spelling, unused bits that are set included. */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** A decimal without leading zeroes, up to 2^53 - 1; null for anything else. */
export function fromDecimal(text: string): number | null {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** Bytes as text; null when they are not UTF-8. A byte order mark stays: it is part of what was signed. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Whether a key may have this name: not empty, without white space of any kind, controls or `+`. */
export const isKeyName = (name: string): boolean =>
  name !== '' && !/[\p{White_Space}+]/u.test(name) && !hasControls(name) && name.isWellFormed();

/** Of ASCII, all but the newline. */
export function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}
