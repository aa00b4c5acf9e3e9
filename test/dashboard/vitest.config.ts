import { defineConfig } from 'vitest/config';

/** Screenshots are no part of `npm test`: they take a minute of load, and someone must look at them. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/dashboard/*.screenshots.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});
