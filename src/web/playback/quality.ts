import type { PlayableRendition } from '../api/contract.js';
import { bitrate, pictureName } from '../words/figures.js';

/** `auto`, the name of a rendition, or `audio` for sound without a picture. */
export type Quality = string;

export const AUTO = 'auto';
export const AUDIO_ONLY = 'audio';

/** The rendition that a choice names; undefined for the others. */
export function levelOf(quality: Quality): string | undefined {
  return quality === AUTO || quality === AUDIO_ONLY ? undefined : quality;
}

export interface QualityOption {
  quality: Quality;
  label: string;
  /** Shown smaller beside the label. */
  note: string;
}

/**
 * The entries of the quality menu, best first: automatic, each video rendition that the player has, audio only.
 * `levels` are the player's; empty when the browser chooses by itself.
 */
export function qualityOptions(given: {
  levels: string[];
  renditions: PlayableRendition[];
  dropped: string[];
  activeLevel: string | undefined;
}): QualityOption[] {
  const { levels, renditions, dropped, activeLevel } = given;
  const find = (name: string | undefined) => renditions.find((rendition) => rendition.name === name);
  const active = find(activeLevel);
  const options: QualityOption[] = [{ quality: AUTO, label: 'Auto', note: active ? nameOf(active) : '' }];
  for (const name of levels) {
    if (dropped.includes(name)) continue;
    const rendition = find(name);
    options.push({
      quality: name,
      label: rendition ? nameOf(rendition) : name,
      note: rendition ? noteOf(rendition) : '',
    });
  }
  const audio = renditions.find((rendition) => rendition.kind === 'audio' && !dropped.includes(rendition.name));
  if (audio) options.push({ quality: AUDIO_ONLY, label: 'Audio only', note: bitrate(audio.bitrateKbps) });
  return options;
}

/** The words on the closed menu button: what is chosen, such as `1080p`, `Audio only` or `Auto`, and of that one what plays now. */
export function qualityWords(options: QualityOption[], selected: Quality): { chosen: string; now?: string } {
  const option = options.find(({ quality }) => quality === selected);
  if (!option) return { chosen: 'Auto' };
  return selected === AUTO && option.note !== '' ? { chosen: 'Auto', now: option.note } : { chosen: option.label };
}

function nameOf(rendition: PlayableRendition): string {
  const { name, width, height, fps } = rendition;
  return width && height ? pictureName(width, height, fps) : name;
}

function noteOf(rendition: PlayableRendition): string {
  const rate = bitrate(rendition.bitrateKbps);
  return rendition.name === 'source' ? `source, ${rate}` : rate;
}
