import { main } from './set-up/step.mjs';
import { runTool } from './set-up/tool.mjs';

await main(() => runTool('fuzz', process.argv.slice(2)));
