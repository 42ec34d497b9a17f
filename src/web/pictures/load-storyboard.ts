import { readProblem } from '../api/problem.js';
import { send } from '../api/session.js';
import { parseStoryboard, type Tile } from './storyboard.js';

/** The tiles of a storyboard by its address. */
export async function loadStoryboard(address: string, signal: AbortSignal): Promise<Tile[]> {
  const response = await send(address, { signal });
  if (!response.ok) throw await readProblem(response);
  return parseStoryboard(await response.text(), new URL(address, document.baseURI).href);
}
