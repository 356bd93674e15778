// The official release of nats-server. The checksums come from the release itself: they show that the download is whole,
// not who made it.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './programs.mjs';

const releases = 'https://github.com/nats-io/nats-server/releases/download';

/** Fetches and unpacks it into the folder `workshop`; returns the executable's path. */
export async function fetchNatsServer(version, workshop, from = releases) {
  const machine = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (process.platform !== 'linux' || machine === undefined) {
    throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  }
  const folder = `nats-server-v${version}-linux-${machine}`;
  const archive = `${folder}.tar.gz`;
  const [sums, bytes] = await Promise.all(
    ['SHA256SUMS', archive].map((file) => download(`${from}/v${version}/${file}`)),
  );
  const wanted = checksumOf(sums.toString('utf8'), archive);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== wanted) throw new Error(`the checksum of ${archive} is ${found}, the release says ${wanted}`);
  writeFileSync(join(workshop, archive), bytes);
  await run('tar', ['-xzf', archive, `${folder}/nats-server`], { cwd: workshop });
  return join(workshop, folder, 'nats-server');
}

function checksumOf(sums, file) {
  const line = sums.split('\n').find((text) => text.trim().endsWith(file));
  const sum = /^[0-9a-f]{64}/.exec(line?.trim() ?? '')?.[0];
  if (sum === undefined) throw new Error(`the release's SHA256SUMS does not name ${file}`);
  return sum;
}

async function download(address) {
  let answer;
  try {
    answer = await fetch(address, { signal: AbortSignal.timeout(120_000) });
  } catch (cause) {
    throw new Error(`${address} cannot be reached: ${cause.cause?.message ?? cause.message}`, { cause });
  }
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}
