import { main } from './set-up/step.mjs';
import { runTool } from './test-run/tool.mjs';

await main(() => runTool('fuzz', process.argv.slice(2)));
