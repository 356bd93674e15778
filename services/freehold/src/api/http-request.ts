import type { Operation } from '@freehold/kernel';

/** An operation as it goes over HTTP. */
export interface HttpRequest {
  method: string;
  /** Path and query. */
  path: string;
  body: string | undefined;
}

/** @throws when the row is not reached by HTTP or a parameter of its path is missing: bugs of the caller. */
export function httpRequestOf(row: Operation, params: object, body: object): HttpRequest {
  if (row.http === undefined) throw new Error(`${row.id} is not reached by HTTP`);
  const given = new Map<string, unknown>(Object.entries(params));
  const path = row.http.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = given.get(name);
    if (value === undefined) throw new Error(`${row.id} needs the parameter ${name}`);
    return encodeURIComponent(text(value));
  });
  if (row.kind === 'command') return { method: row.http.method, path, body: JSON.stringify(body) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) if (value !== undefined) query.set(name, text(value));
  return { method: row.http.method, path: query.size === 0 ? path : `${path}?${query.toString()}`, body: undefined };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
