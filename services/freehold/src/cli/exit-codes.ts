/** What the exit code of every command means; `freehold --help` lists them. */
export const EXIT = {
  ok: 0,
  /** A bug, or something that nobody foresaw. */
  unexpected: 1,
  /** The command itself is wrong. */
  usage: 2,
  /** It cannot be done as asked; the findings say why. */
  refused: 3,
  notFound: 4,
  /** No valid key, or its role lacks the permission. */
  notPermitted: 5,
  /** Nobody answers, or the outcome is unknown: try again. */
  unavailable: 6,
  /** Long work failed and was undone, or it is stuck. */
  processFailed: 7,
  /** Two things were compared and are not the same. */
  differs: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `Exit codes: 0 done, 1 unexpected, 2 usage, 3 refused (findings; a bag that is not valid), 4 not found,
  5 not permitted, 6 unavailable or outcome unknown, 7 long work failed or stuck, 8 compared and different`;
