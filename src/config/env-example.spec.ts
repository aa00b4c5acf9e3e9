import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { envExample } from './env-example.js';

const committed = fileURLToPath(new URL('../../.env.example', import.meta.url));

describe('.env.example', () => {
  // `npx vitest run src/config --update` writes it again.
  it('says what the table of variables says', async () => {
    await expect(envExample()).toMatchFileSnapshot(committed);
  });

  it('changes nothing when it is used as it is', () => {
    expect(loadConfig({}, committed)).toEqual(loadConfig({}, ''));
  });

  it('holds defaults that its own variables accept', () => {
    const withoutHashes = envExample().replace(/^#(?=[A-Z_]+=)/gm, '');
    const env = Object.fromEntries(
      withoutHashes
        .split('\n')
        .filter(line => /^[A-Z_]+=/.test(line))
        .map(line => line.split('=')),
    );
    expect(loadConfig(env, '')).toEqual(loadConfig({}, ''));
  });
});
