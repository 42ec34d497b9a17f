import { setUpBuild } from './set-up/set-up.mjs';
import { main } from './set-up/step.mjs';

await main(setUpBuild);
