#!/usr/bin/env node
// What `npx freehold …` starts. npm links it before anything is built, so it is plain JavaScript.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(`freehold runs on Node 24, this is ${process.version}; start it by: npx freehold\n`);
  process.exitCode = 1;
} else if (!existsSync(main)) {
  process.stderr.write('freehold is not built yet; run this once in the clone: npm start\n');
  process.exitCode = 1;
} else {
  await import(main.href);
}
