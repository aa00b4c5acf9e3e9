import { afterAll } from 'vitest';
import { expectNoLeaks } from './secrets.js';

// The answers and log lines of the whole run, file by file.
afterAll(expectNoLeaks);
