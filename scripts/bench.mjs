import { main } from './set-up/step.mjs';
import { runTool } from './test-run/tool.mjs';

await main(() => runTool('bench', process.argv.slice(2)));
