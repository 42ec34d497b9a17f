const VIDEO: [prefix: RegExp, name: string][] = [
  [/^(?:avc1|avc3)\b/, 'H.264'],
  [/^(?:hvc1|hev1)\b/, 'HEVC'],
  [/^av01\b/, 'AV1'],
  [/^vp0?9\b/, 'VP9'],
  [/^(?:vvc1|vvi1)\b/, 'VVC'],
  [/^(?:dvh1|dvhe)\b/, 'Dolby Vision'],
];

/** The name that people know a picture's codec by, from one entry of CODECS (RFC 6381); undefined for sound. */
export function videoCodecName(codec: string): string | undefined {
  return VIDEO.find(([prefix]) => prefix.test(codec))?.[1];
}

/** The names of all pictures' codecs in CODECS attributes, each once. */
export function videoCodecNames(attributes: (string | undefined)[]): string[] {
  const names = attributes.flatMap((codecs) => (codecs ?? '').split(',')).map((codec) => videoCodecName(codec.trim()));
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** What to tell a viewer whose browser plays none of these. */
export function unplayableWords(names: string[], hasSound: boolean): string {
  const words = `This stream is sent as ${names.join(' and ')}, which this browser cannot play.`;
  return hasSound ? `${words} You hear its sound.` : `${words} Another browser or device may.`;
}
