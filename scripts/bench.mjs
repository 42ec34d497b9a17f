import { main } from './set-up/step.mjs';
import { runTool } from './set-up/tool.mjs';

await main(() => runTool('bench', process.argv.slice(2)));
