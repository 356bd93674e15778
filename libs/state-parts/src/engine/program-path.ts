/** Where distributions put programs. Not PATH: what a service's surroundings say does not choose what works on state. */
export const PROGRAM_PLACES: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/run/current-system/sw/bin',
];

export const PROGRAM_PATH = PROGRAM_PLACES.join(':');
