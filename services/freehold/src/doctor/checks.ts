/** What one look found. `problem`: something does not work; `notice`: it works, but somebody should know. */
export interface Check {
  name: string;
  status: 'ok' | 'notice' | 'problem';
  detail: string;
  /** What to do about it. */
  remedy: string | null;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, remedy: null });
export const notice = (name: string, detail: string, remedy: string): Check => ({
  name,
  status: 'notice',
  detail,
  remedy,
});
export const problem = (name: string, detail: string, remedy: string): Check => ({
  name,
  status: 'problem',
  detail,
  remedy,
});
