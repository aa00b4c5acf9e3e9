import { afterAll } from 'vitest';
import { expectDescribed } from './description.js';
import { expectNoLeaks } from './secrets.js';

// The answers and log lines of the whole run, file by file.
afterAll(expectNoLeaks);
afterAll(expectDescribed);
