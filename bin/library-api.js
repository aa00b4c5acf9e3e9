#!/usr/bin/env node
// The command that npm links at install. It is committed with its run bit: what a build writes has none.
import '../dist/cli.js';
