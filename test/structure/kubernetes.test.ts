import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dump, load, loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import { ROOT, run } from '../support/process.js';

const FOLDER = `${ROOT}deploy/kubernetes`;
const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

interface Container {
  image: string;
  resources: { limits: Record<string, string> };
  securityContext: Record<string, unknown>;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  [probe: string]: unknown;
}
interface Manifest {
  apiVersion: string;
  kind: string;
  data: Record<string, string>;
  spec: any;
}

const manifests = loadAll(text('deploy/kubernetes/library-api.yaml')) as unknown as Manifest[];
const find = (kind: string): Manifest => manifests.find(each => each.kind === kind)!;
const { spec } = find('Deployment').spec.template;
const containers: Container[] = [...spec.initContainers, ...spec.containers];
const { data: variables } = find('ConfigMap');

describe('the manifests for Kubernetes', () => {
  test('set variables that exist, and no secret', () => {
    const known = Object.values(VARIABLES).map(({ name }) => name as string);
    expect(Object.keys(variables).filter(name => !known.includes(name))).toEqual([]);
    expect(new URL(variables.DATABASE_URL).password).toBe('');
    expect(new URL(variables.DATABASE_URL).searchParams.get('sslmode')).toBe('verify-full');
  });

  test('mount each secret that a variable names, and docs/deploy.md creates it', () => {
    const files = Object.entries(variables).filter(([name]) => name.endsWith('_FILE'));
    expect(files).toHaveLength(3);
    for (const [, file] of files) {
      expect(path.dirname(file)).toBe('/run/secrets/library-api');
      expect(text('docs/deploy.md')).toContain(`--from-file=secrets/${path.basename(file)}`);
    }
  });

  test('confine every container, and limit it', () => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(text('Dockerfile')).toMatch(/^USER 1000:1000$/m);
    for (const { securityContext, resources } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(Object.keys(resources.limits)).toEqual(['cpu', 'memory', 'ephemeral-storage']);
    }
  });

  test('restart a pod by liveness alone, and wait longer than a shutdown may take', () => {
    const [server] = spec.containers as any[];
    expect(server.startupProbe.httpGet.path).toBe('/health/live');
    expect(server.livenessProbe.httpGet.path).toBe('/health/live');
    expect(server.readinessProbe.httpGet.path).toBe('/health/ready');
    const pause = Number(server.lifecycle.preStop.exec.command[1]);
    const shutdown = VARIABLES.shutdownTimeout.parse(VARIABLES.shutdownTimeout.default)! / 1000;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(pause + 1 + shutdown);
  });

  test('keep most replicas while nodes are drained', () => {
    const { replicas } = find('Deployment').spec;
    expect(find('PodDisruptionBudget').spec.minAvailable).toBe(replicas - 1);
  });

  test('use the image of this version', () => {
    const { images } = load(text('deploy/kubernetes/kustomization.yaml')) as {
      images: { name: string; newTag: string }[];
    };
    const { version } = JSON.parse(text('package.json'));
    expect(images).toMatchObject([{ name: 'library-api', newTag: version }]);
    expect(new Set(containers.map(({ image }) => image))).toEqual(new Set(['library-api']));
    expect(text('Dockerfile')).toContain(`ARG VERSION=${version}\n`);
  });
});

const kubectl = (input: string, ...args: string[]) =>
  spawnSync('kubectl', args, { cwd: ROOT, encoding: 'utf8', input });

describe.skipIf(kubectl('', 'version', '--client').error !== undefined)('kubectl', () => {
  test('builds the folder, and creates the secret as docs/deploy.md says', () => {
    const { status, stdout } = kubectl('', 'kustomize', FOLDER);
    const built = loadAll(stdout) as unknown as Manifest[];
    expect([status, built.length]).toEqual([0, manifests.length]);
    expect(stdout).toMatch(/image: registry.example.org\/library-api:/);
  });

  test('knows every field of the Deployment', () => {
    // The types of kubectl drop what they do not know.
    const given = find('Deployment');
    const { status, stdout } = kubectl(
      dump(given, { noRefs: true }),
      ...['set', 'image', '--local', '-f', '-', '*=other', '-o', 'json'],
    );
    expect(status).toBe(0);
    const known = JSON.parse(stdout.replaceAll('"image": "other"', '"image": "library-api"'));
    expect(known).toMatchObject(given);
  });
});

describe('kubernetes-models', () => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-kubernetes-'));
    mkdirSync(path.join(place, 'node_modules'));
    writeFileSync(path.join(place, 'package.json'), '{}');
  });
  afterAll(() => rmSync(place, { recursive: true }));

  test('finds no fault in the manifests', { timeout: 120_000 }, async context => {
    const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    const { code, stderr } = await run(
      'npm',
      ['install', ...options, '--loglevel=error', 'kubernetes-models@5.1.0'],
      { cwd: place },
    );
    if (code !== 0) {
      context.skip(`no registry: ${stderr}`);
    }
    const script = `const manifests = ${JSON.stringify(manifests)};
      for (const manifest of manifests) {
        const models = await import('kubernetes-models/' + manifest.apiVersion);
        new models[manifest.kind](manifest).validate();
      }
      console.log(manifests.length);`;
    const checked = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: place,
    });
    expect(checked).toEqual({ code: 0, stdout: `${manifests.length}\n`, stderr: '' });
  });
});
