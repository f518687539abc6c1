/** Entry of a root process, as `coppice up` starts it. By hand, use `coppice root`. */

import { processConfigFrom } from '../process-args.ts';
import { runMain } from '../run-main.ts';
import { runRoot } from './root-process.ts';

await runMain(async () => runRoot(processConfigFrom(process.argv.slice(2), process.env)));
