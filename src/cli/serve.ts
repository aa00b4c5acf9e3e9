import { loadConfig } from '../config/config.js';
import { start } from '../serve.js';

/** `serve`: runs until a signal ends it. */
export async function serve(): Promise<void> {
  await start(loadConfig());
}
