// Runs in the network of a machine and lends it to the test: a Unix socket, which every network namespace can reach. Who
// connects says `host:port` and a newline, is connected there, the name looked up as this machine does, and speaks on.
//
//     node doorstep-program.mjs <path of the socket>        says "ready"
import { connect, createServer } from 'node:net';

const [path] = process.argv.slice(2);

createServer((caller) => {
  caller.on('error', () => undefined);
  let asked = Buffer.alloc(0);
  const listen = (chunk) => {
    asked = Buffer.concat([asked, chunk]);
    const end = asked.indexOf('\n');
    if (end < 0) return;
    caller.off('data', listen).pause();
    const [host, port] = asked.toString('utf8', 0, end).split(':');
    const there = connect({ host, port: Number(port) }, () => {
      there.write(asked.subarray(end + 1));
      caller.pipe(there).pipe(caller);
    });
    there.on('error', () => caller.destroy());
    caller.on('close', () => there.destroy());
  };
  caller.on('data', listen);
}).listen(path, () => process.stdout.write('ready\n'));
process.stdin.resume().on('end', () => process.exit());
