import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const NO_BROWSER =
  'No browser to test with: set CHROMIUM_PATH to an installed Chrome or Chromium, ' +
  'or set TEST_BROWSER=off to leave these tests out.';

/** A headless browser: the one that CHROMIUM_PATH names, otherwise the one in the development packages. */
export async function launchBrowser(): Promise<Browser> {
  try {
    const own = process.env.CHROMIUM_PATH;
    return await (own
      ? chromium.launch({ executablePath: own, args: ['--no-sandbox'] })
      : bundled());
  } catch (cause) {
    throw new Error(NO_BROWSER, { cause });
  }
}

async function bundled(): Promise<Browser> {
  const { default: packed } = await import('@sparticuz/chromium');
  packed.setGraphicsMode = false;
  const executablePath = await packed.executablePath();
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} is missing`);
  }
  return chromium.launch({ executablePath, args: packed.args });
}
