import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '../../database/data-source.js';
import type { Database } from '../../database/database.js';
import { Problem } from '../../problems/problem.js';
import { testDialects } from '../../../test/support/fresh-database.js';
import { HOUR, MINUTE, ThrottleBench, throttleSchema } from '../../../test/support/throttle.js';
import type { ThrottleService } from './throttle.service.js';

describe.each(testDialects())('guessing from several processes on %s', dialect => {
  let bench: ThrottleBench;
  let replicas: Database[];

  beforeEach(async () => {
    bench = await ThrottleBench.open(dialect);
    replicas = [];
  });

  afterEach(async () => {
    await Promise.all(replicas.map(replica => replica.close()));
    await bench.close();
  });

  const connect = async (): Promise<Database> => {
    const replica = await bench.connect();
    replicas.push(replica);
    return replica;
  };

  /** How many of the attempts are let in; each that is not must have been told to come back. */
  const letIn = async (attempts: Promise<unknown>[]): Promise<number> => {
    const results = await Promise.allSettled(attempts);
    const refused = results.filter(result => result.status === 'rejected');
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(Problem);
      expect((reason as Problem).code).toBe('too_many_requests');
    }
    return results.length - refused.length;
  };

  /** A hundred attempts on one name, each from another network. */
  const botnet = (throttle: ThrottleService, replica: number): Promise<unknown>[] =>
    Array.from({ length: 100 }, (_, bot) =>
      throttle.admitLogin({ nameKey: 'ann', address: `10.${replica}.${bot}.1` }),
    );

  it('should let 10 of 400 simultaneous guesses in, and charge no bucket for the others', async () => {
    const databases = await Promise.all([connect(), connect(), connect(), connect()]);
    const attempts = databases.flatMap((database, replica) =>
      botnet(bench.service(database), replica),
    );
    expect(await letIn(attempts)).toBe(10);
    expect(await bench.count('auth_throttle', `k LIKE 'u:%'`)).toBe(1);
    expect(await bench.count('auth_throttle', `k LIKE 'i:%'`)).toBe(10);
    expect(await bench.count('auth_throttle', `k LIKE 's:%'`)).toBe(10);
  });

  it('should let 20 of 400 simultaneous guesses from one address in, whatever the names', async () => {
    const databases = await Promise.all([connect(), connect(), connect(), connect()]);
    const attempts = databases.flatMap((database, replica) => {
      const throttle = bench.service(database, () => bench.now);
      return Array.from({ length: 100 }, (_, index) =>
        throttle.admitLogin({ nameKey: `name ${replica} ${index}`, address: '10.0.0.1' }),
      );
    });
    expect(await letIn(attempts)).toBe(20);
    expect(await bench.count('auth_throttle', `k LIKE 'u:%'`)).toBe(20);
  });

  it('should remember across a restart', async () => {
    const before = await connect();
    expect(await letIn(botnet(bench.service(before), 0))).toBe(10);
    await before.close();
    const after = await connect();
    expect(await letIn(botnet(bench.service(after), 1))).toBe(0);
  });

  it('should have its places again after ten simultaneous refunds, five times over', async () => {
    const databases = await Promise.all([connect(), connect()]);
    const services = databases.map(database => bench.service(database, () => bench.now));
    for (let round = 0; round < 5; round += 1) {
      const admissions = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          services[index % 2].admitLogin({ nameKey: 'ann', address: `10.0.${index}.1` }),
        ),
      );
      await Promise.all(
        admissions.map((admission, index) => services[index % 2].refund(admission)),
      );
    }
    expect(await letIn(botnet(services[0], 9))).toBe(10);
  });

  it('should return to a few rows after 100,000 ghost names, swept by two at once', async () => {
    await bench.throttle.admitLogin({ nameKey: 'ann', address: '10.0.0.1' });
    await bench.database.run(GHOSTS, [bench.now]);
    expect(await bench.count('auth_throttle')).toBe(100_003);
    expect(await bench.sweep()).toBe(0);

    bench.now += HOUR + MINUTE;
    const swept = await Promise.all([bench.sweep(), bench.sweep(await connect())]);
    expect(swept[0] + swept[1] + (await bench.sweep())).toBe(100_003);
    expect(await bench.count('auth_throttle')).toBe(0);
  });

  it('should have the tables that the entities describe', async () => {
    const dataSource = createDataSource(bench.fresh, throttleSchema);
    await dataSource.initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      const ours = /auth_throttle|trusted_devices|known_networks|one_time_codes/;
      // Which collation a text column has is left to the migrations.
      const differences = upQueries
        .map(({ query }) => query)
        .filter(query => ours.test(query) && !/TYPE text COLLATE/.test(query));
      expect(differences).toEqual([]);
    } finally {
      await dataSource.destroy();
    }
  });
});

/** The rows that one guess at each of 100,000 names leaves behind. */
const GHOSTS = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
  INSERT INTO auth_throttle (k, tat, failures, expires_at)
  SELECT 'u:ghost' || i, CAST($1 AS bigint) + ${15 * MINUTE}, 1, CAST($1 AS bigint) + ${HOUR}
  FROM n`;
