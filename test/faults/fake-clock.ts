import { existsSync, renameSync, writeFileSync } from 'node:fs';

/** Where Debian's libfaketime lies; by architecture. */
const LIBRARIES = ['x86_64', 'aarch64'].map((each) => `/usr/lib/${each}-linux-gnu/faketime/libfaketimeMT.so.1`);

/**
 * The clock of one installation's platform (faketime(1)): right until it is set ahead. Timers go on as before, as with a
 * clock that was wrong from the start or set by hand. NATS is linked statically and keeps the right time.
 */
export class FakeClock {
  private constructor(
    private readonly file: string,
    private readonly library: string,
  ) {}

  static isInstalled(): boolean {
    return libraryOf() !== undefined;
  }

  static in(file: string): FakeClock {
    const library = libraryOf();
    if (library === undefined) throw new Error('libfaketime is not installed');
    const clock = new FakeClock(file, library);
    clock.ahead(0);
    return clock;
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    };
  }

  /** Seen within a second. */
  ahead(seconds: number): void {
    writeFileSync(`${this.file}.new`, `+${seconds}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
}

const libraryOf = (): string | undefined => LIBRARIES.find((each) => existsSync(each));
