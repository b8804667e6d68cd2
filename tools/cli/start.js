#!/usr/bin/env node
// The package's command: checks the version of Node before it loads what only newer ones can run.
import { requireNode } from '../node-version.js';

requireNode();
await import('./index.js');
