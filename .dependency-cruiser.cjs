/** The direction of imports: main → app → {auth → users; authors; audit; health} → {lists, idempotency} → {http, database} → {problems, config}. */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^src/${from}/`, pathNot: '\\.entity\\.ts$|\\.spec\\.ts$' },
  to: { path: '^src/', pathNot: `^src/(${[from, ...allowed].join('|')})/|\\.entity\\.ts$` },
});

const GROUND = ['lists', 'idempotency', 'http', 'database', 'problems', 'config'];

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Two files that need each other are one thing in two places: move what they share below both.',
      from: {},
      // Entities name each other in foreign keys, by functions that run later.
      to: { circular: true, viaOnly: { pathNot: '\\.entity\\.ts$' } },
    },
    only(
      'auth-knows-users',
      'auth',
      ['users', 'audit', ...GROUND],
      'auth may use users and audit, and no other feature.',
    ),
    only(
      'users-stand-alone',
      'users',
      ['audit', ...GROUND],
      'users know the caller as a Principal, and no other feature but audit.',
    ),
    only(
      'authors-stand-alone',
      'authors',
      GROUND,
      'authors know the caller as a Principal, and no other feature.',
    ),
    only('audit-stands-alone', 'audit', GROUND, 'audit is told of events, and asks no feature.'),
    only('health-stands-alone', 'health', GROUND, 'health asks the ground, not the features.'),
    only(
      'lists-are-ground',
      'lists',
      ['http', 'database', 'problems', 'config'],
      'lists serve every resource and know none.',
    ),
    only(
      'idempotency-is-ground',
      'idempotency',
      ['http', 'database', 'problems', 'config'],
      'idempotency serves every route and knows no feature.',
    ),
    only(
      'http-is-ground',
      'http',
      ['problems', 'config'],
      'http shapes answers and knows no feature.',
    ),
    {
      ...only(
        'database-is-ground',
        'database',
        ['problems', 'config'],
        'the database layer knows no feature; only its list of entities names them.',
      ),
      from: { path: '^src/database/', pathNot: 'entities\\.ts$|\\.spec\\.ts$' },
    },
    only(
      'problems-are-ground',
      'problems',
      ['config'],
      'problems are a catalogue: they know nothing else.',
    ),
    only('config-is-ground', 'config', [], 'config reads the environment and knows nothing else.'),
    {
      name: 'typeorm-stays-below',
      severity: 'error',
      comment:
        'TypeORM is for repositories, entities, modules and database/: a service asks its repository.',
      from: {
        path: '^src/',
        pathNot: '^src/database/|\\.(repository|entity|module)\\.ts$|\\.spec\\.ts$',
      },
      to: { path: 'node_modules/typeorm' },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      comment: 'main.ts and cli.ts start the program; what others need of them belongs elsewhere.',
      from: { path: '^src/' },
      to: { path: '^src/(main|cli)\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs'] },
  },
};
