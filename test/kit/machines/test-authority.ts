import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

/** Paths, PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority that only the programs of one test trust (NODE_EXTRA_CA_CERTS); made with openssl(1). */
export class TestAuthority {
  private constructor(
    private readonly folder: string,
    private readonly own: Certificate,
  ) {}

  static async make(folder: string, name = 'authority'): Promise<TestAuthority> {
    const own = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];
    await certify(own, ['-subj', `/CN=${name} of a test`, ...extensions.flatMap((each) => ['-addext', each])]);
    return new TestAuthority(folder, own);
  }

  /** Its certificate, which others have to trust. */
  get file(): string {
    return this.own.certificate;
  }

  /** For these host names; `*.zone` is one. @param name of the files */
  async issue(name: string, hosts: readonly string[]): Promise<Certificate> {
    const issued = { certificate: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
    const { certificate, key } = this.own;
    const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`;
    const signed = ['-CA', certificate, '-CAkey', key, '-addext', 'basicConstraints=critical,CA:FALSE'];
    await certify(issued, ['-subj', `/CN=${name}`, ...signed, '-addext', names]);
    return issued;
  }
}

async function certify({ certificate, key }: Certificate, how: readonly string[]): Promise<void> {
  await run('openssl', ['req', '-x509', '-days', '2', ...KEY, '-keyout', key, '-out', certificate, ...how]);
}
