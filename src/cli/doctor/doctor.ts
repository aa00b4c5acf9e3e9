import { ConfigError, loadConfig } from '../../config/config.js';
import type { Config } from '../../config/config.js';
import { startError } from '../../database/database-errors.js';
import { CommandError, show, uses } from '../output.js';
import {
  checkAdmin,
  checkBackup,
  checkClock,
  checkIntegrity,
  checkMigrated,
  checkPooler,
  checkSize,
} from './database-checks.js';
import { checkOf } from './finding.js';
import type { Finding } from './finding.js';
import { checkKeys } from './key-checks.js';
import { checkDisk, checkFiles, checkNode } from './machine-checks.js';
import { openSource } from './source.js';
import type { Source } from './source.js';

/** `doctor`: prints every finding, changes nothing, and fails if a check fails. */
export async function doctor(): Promise<void> {
  const findings = [checkNode()];
  try {
    const config = loadConfig();
    uses({ database: config.databaseUrl });
    findings.push(checkOf('configuration').ok('every variable is valid'), checkFiles(config));
    findings.push(...(await checkDatabase(config)));
  } catch (error) {
    if (error instanceof ConfigError) {
      findings.push(checkOf('configuration').failed(error.message, 'correct the variable'));
      print(findings);
    }
    throw error;
  }
  print(findings);
  const failed = findings.filter(({ status }) => status === 'failed');
  if (failed.length > 0) {
    const names = failed.map(({ check }) => check).join(', ');
    throw new CommandError(
      `${failed.length} of ${findings.length} checks failed: ${names}`,
      'checks_failed',
    );
  }
}

async function checkDatabase(config: Config): Promise<Finding[]> {
  const check = checkOf('database');
  const findings: Finding[] = [];
  let source: Source | undefined;
  try {
    source = await openSource(config.databaseUrl);
    const schema = await checkMigrated(source);
    findings.push(check.ok('answers'), schema, await checkDisk(config));
    if (schema.status === 'ok') {
      await checkContent(source, config, findings);
    }
  } catch (error) {
    const { message } = startError(error, config.databaseUrl);
    findings.push(check.failed(message, 'after that, run doctor again'));
  } finally {
    await source?.close();
  }
  return findings;
}

async function checkContent(source: Source, config: Config, findings: Finding[]): Promise<void> {
  findings.push(await checkIntegrity(source), await checkSize(source));
  if (source.dialect === 'postgres') {
    findings.push(await checkPooler(source));
  }
  findings.push(
    await checkClock(source),
    ...(await checkKeys(source, config)),
    await checkAdmin(source),
    await checkBackup(source),
  );
}

function print(findings: readonly Finding[]): void {
  const lines = findings.map(({ check, status, detail, advice }) =>
    [
      status.padEnd(7),
      check.padEnd(13),
      advice === undefined ? detail : `${detail}: ${advice}`,
    ].join('  '),
  );
  show({ checks: findings }, lines.join('\n'));
}
