import { toolsNamed } from '../engine/find-program.js';
import type { StateAdapter } from '../state-part.js';
import { captureMysql } from './mysql-capture.js';
import { MYSQL_HINT } from './mysql-engine.js';
import { reportMysql } from './mysql-report.js';
import { restoreMysql } from './mysql-restore.js';

const PROGRAMS = [
  ['mariadbd'],
  ['mariadb', 'mysql'],
  ['mariadb-dump', 'mysqldump'],
  ['mariadb-install-db', 'mysql_install_db'],
];

export const mysqlAdapter: StateAdapter = {
  capture: captureMysql,
  restore: restoreMysql,
  report: reportMysql,
  tools: () => toolsNamed(MYSQL_HINT, ...PROGRAMS),
};
