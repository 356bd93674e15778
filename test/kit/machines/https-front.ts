import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clone } from '../clone.js';
import type { Internet } from './internet.js';
import type { Machine } from './machine.js';
import type { Certificate } from './test-authority.js';

export interface Behind {
  /** Host name of the provider. */
  readonly host: string;
  /** Of the installation. */
  readonly loopback: string;
  readonly ports: { readonly api: number; readonly router: number; readonly transfer: number };
  readonly provider: Certificate;
  readonly names: Certificate;
}

/** nginx, with the configuration that providers are given (deploy/https-front). */
export async function startHttpsFront(internet: Internet, machine: Machine, behind: Behind): Promise<void> {
  const folder = join(internet.folder, `nginx-${machine.name}`);
  await mkdir(folder);
  const sites = readFileSync(join(clone, 'deploy', 'https-front', 'nginx.conf'), 'utf8');
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, programConfiguration(folder, filledIn(sites, machine, behind)));
  await internet.serve(machine, ['nginx', '-p', folder, '-c', file], /start worker process/);
}

/** @throws Error when the template asks for something that nobody knows */
function filledIn(template: string, { address }: Machine, { host, loopback, ports, provider, names }: Behind): string {
  const values: Readonly<Record<string, string | number>> = {
    ...{ address, loopback, 'cloud.example': host },
    ...{ 'API port': ports.api, 'router port': ports.router, 'transfer port': ports.transfer },
    'provider certificate with its chain': provider.certificate,
    'its key': provider.key,
    'certificate of the names with its chain': names.certificate,
    'its key of the names': names.key,
  };
  return template.replaceAll(/^(?!#)(.*)$/gm, (line) =>
    line.replaceAll(/<([^>]+)>/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`deploy/https-front/nginx.conf asks for <${name}>`);
      return String(value);
    }),
  );
}

const programConfiguration = (folder: string, sites: string): string => `
daemon off;
error_log stderr notice;
pid ${folder}/nginx.pid;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${sites}
}
`;
