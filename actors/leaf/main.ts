/** Entry of a leaf process, as `coppice up` starts it. By hand, use `coppice leaf`. */

import { processConfigFrom } from '../process-args.ts';
import { runMain } from '../run-main.ts';
import { runLeaf } from './leaf-process.ts';

await runMain(async () => runLeaf(processConfigFrom(process.argv.slice(2), process.env)));
