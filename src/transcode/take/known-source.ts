import type { SourceFacts } from '../../streams/index.js';
import type { LadderPlan } from '../ladder.js';
import type { SourceFormats } from './source-formats.js';

/** What was known of a publisher when it went. One that comes back the same needs no new look: its picture is back with its first key frame. */
export class KnownSource {
  readonly plan: LadderPlan;
  readonly facts: SourceFacts;
  readonly #descriptions: string;

  /** @param ladder the wish that the plan was made for. */
  constructor(options: { plan: LadderPlan; facts: SourceFacts; formats: SourceFormats; ladder: 'auto' | 'off' | string[] }) {
    this.plan = options.plan;
    this.facts = options.facts;
    this.#descriptions = describe(options.formats, options.ladder);
  }

  /** Whether these formats and this wish are the same. */
  matches(formats: SourceFormats, ladder: 'auto' | 'off' | string[]): boolean {
    return describe(formats, ladder) === this.#descriptions;
  }
}

function describe(formats: SourceFormats, ladder: 'auto' | 'off' | string[]): string {
  const describeOne = (config: { codec: string; description: Buffer } | undefined): string => (config === undefined ? 'none' : `${config.codec} ${config.description.toString('hex')}`);
  return [describeOne(formats.video), describeOne(formats.audio), String(ladder)].join('; ');
}
