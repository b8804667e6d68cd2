// Set up before each file that runs inside workerd: the files share one isolate, and Vitest takes their spies away
// when a file has ended.
import { keepLog } from '../http/logged.ts';

keepLog();
