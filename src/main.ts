import { createRequire } from 'node:module';

// Node waits for each module that is imported, one after the other, and there are more than a thousand: required, the
// same modules take a fifth less time (`npm run bench`, start to ready).
const { require_module: canRequire } = process.features as { require_module?: boolean };
const serve = canRequire
  ? (createRequire(import.meta.url)('./serve.js') as typeof import('./serve.js'))
  : await import('./serve.js');
await serve.main();
