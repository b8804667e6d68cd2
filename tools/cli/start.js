#!/usr/bin/env node
// The package's command: checks the version of Node before it loads what only newer ones can run.
import '../node-version.js';

await import('./index.js');
