/**
 * Imports point one way: main → app, cli → features → lists, idempotency → http, database → problems, config, text, metrics, telemetry.
 * Every folder under src that is not named here is a feature, and the rule for features holds for it at once.
 */

/** What each folder of the ground floor may import. */
const GROUND = {
  lists: ['http', 'database', 'problems', 'config', 'text', 'metrics'],
  idempotency: ['http', 'database', 'problems', 'config', 'text', 'metrics'],
  http: ['problems', 'config', 'text', 'metrics', 'telemetry'],
  database: ['problems', 'config', 'text', 'metrics', 'telemetry'],
  problems: ['config'],
  config: [],
  text: [],
  metrics: [],
  telemetry: ['config'],
};

/** The features that may import other features (docs/adr/0009-auth-and-users-tell-audit.md). */
const EXCEPTIONS = { auth: ['users', 'audit'], users: ['audit'] };

/** The folders of auth; each may import those before it. */
const AUTH = [
  'keys',
  'codes',
  'throttle',
  'passwords',
  'sessions',
  'tokens',
  'strategies',
  'login',
  'accounts',
];

/** A file may import its own kind and the kinds to the left; a controller only what a service gives it. */
const LAYERS = {
  repository: 'service|controller',
  service: 'controller',
  controller: 'repository',
};

/** Foreign keys name entities of any folder, and database/entities.ts lists all of them. */
const ENTITY = '\\.entity\\.ts$';
const NAMES_ENTITIES = [ENTITY, '^src/database/entities\\.ts$'];
const SPEC = '\\.spec\\.ts$';

const GROUND_FOLDERS = Object.keys(GROUND);
const NO_FEATURE = ['cli', ...GROUND_FOLDERS, ...Object.keys(EXCEPTIONS)];

/** The rule that a folder imports nothing of src but itself and the folders `allowed`. */
const imports = (folder, allowed) => ({
  from: { path: `^src/(${folder})/`, pathNot: [SPEC, ...NAMES_ENTITIES] },
  to: { path: '^src/', pathNot: `^src/(${['$1', ...allowed].join('|')})/` },
});

const RULES = {
  'no-cycles': {
    comment:
      'Two files that need each other are one thing in two places: move what they share below both.',
    // Entities name each other in foreign keys, by functions that run later.
    cases: [{ from: {}, to: { circular: true, viaOnly: { pathNot: ENTITY } } }],
  },
  'features-do-not-meet': {
    comment:
      'A feature can be read, changed or removed alone: it knows the caller as a Principal, and no other feature.',
    cases: [
      imports(`(?!(?:${NO_FEATURE.join('|')})/)[^/]+`, GROUND_FOLDERS),
      ...Object.entries(EXCEPTIONS).map(([feature, others]) =>
        imports(feature, [...others, ...GROUND_FOLDERS]),
      ),
    ],
  },
  'ground-floor-points-down': {
    comment:
      'What all features stand on knows none of them and has no circles between its folders.',
    cases: Object.entries(GROUND).map(([folder, allowed]) => imports(folder, allowed)),
  },
  'auth-has-no-circles': {
    comment:
      'auth is the largest feature: its folders can only be read one by one if they have an order.',
    cases: AUTH.map((folder, index) => ({
      from: { path: `^src/auth/(${folder})/`, pathNot: SPEC },
      to: {
        path: '^src/auth/[^/]+/',
        pathNot: `^src/auth/(${['$1', ...AUTH.slice(0, index)].join('|')})/`,
      },
    })),
  },
  'entities-name-only-entities': {
    comment:
      'An entity describes a table; of features it imports only the entities that its foreign keys name.',
    cases: [
      {
        from: { path: NAMES_ENTITIES },
        to: { path: '^src/', pathNot: [ENTITY, `^src/(${GROUND_FOLDERS.join('|')})/`] },
      },
    ],
  },
  'layers-point-down': {
    comment: 'A request is read in one direction: controller, service, repository, entity.',
    cases: Object.entries(LAYERS).map(([kind, forbidden]) => ({
      from: { path: `\\.${kind}\\.ts$` },
      to: { path: `^src/.*\\.(${forbidden})\\.ts$` },
    })),
  },
  'only-the-app-imports-auth': {
    comment:
      'Routes state their rule by @Access() and get a Principal; none needs the guard itself.',
    cases: [
      {
        from: {
          path: '^src/',
          pathNot: [SPEC, ...NAMES_ENTITIES, '^src/(auth|cli)/|^src/app\\.module\\.ts$'],
        },
        to: { path: '^src/auth/' },
      },
    ],
  },
  'typeorm-stays-below': {
    comment:
      'TypeORM is for repositories, entities, modules and database/: a service asks its repository.',
    cases: [
      {
        from: {
          path: '^src/',
          pathNot: [SPEC, '^src/database/|\\.(repository|entity|module)\\.ts$'],
        },
        to: { path: 'node_modules/(typeorm|@nestjs/typeorm)/' },
      },
    ],
  },
  'no-one-imports-main': {
    comment: 'main.ts and cli.ts start the program; move what other files need of them elsewhere.',
    cases: [{ from: { path: '^src/' }, to: { path: '^src/(main|cli)\\.ts$' } }],
  },
};

module.exports = {
  forbidden: Object.entries(RULES).flatMap(([name, { comment, cases }]) =>
    cases.map(each => ({ name, severity: 'error', comment, ...each })),
  ),
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs'] },
  },
};
