import { createRequire } from 'node:module';

// Requiring the modules instead of importing them saves a fifth of the start (`npm run bench`, start to ready).
const { require_module: canRequire } = process.features as { require_module?: boolean };
const serve = canRequire
  ? (createRequire(import.meta.url)('./serve.js') as typeof import('./serve.js'))
  : await import('./serve.js');
await serve.main();
