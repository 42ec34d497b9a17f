const PATHS = {
  play: 'M8 5.500v13l11-6.500z',
  'sound-off': 'M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5',
  gauge: 'M4.500 17a8.500 8.500 0 1 1 15 0M12 13.500l3.500-4.500M12 14.500a1.200 1.200 0 1 0 0-2.400 1.200 1.200 0 0 0 0 2.400z',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.300a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400z',
  key: 'M14.500 4.500a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 13l-7 7M6.500 17.500l2.500 2.500',
  warn: 'M12 4L2.800 19.500h18.400zM12 10v4.500M12 17v.2',
  info: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 11v5M12 7.800V8',
  microphone: 'M12 3.500a2.800 2.800 0 0 0-2.800 2.800v5a2.800 2.800 0 0 0 5.600 0v-5A2.800 2.800 0 0 0 12 3.500zM5.800 11.500a6.200 6.200 0 0 0 12.400 0M12 17.700v3M8.500 20.700h7',
  camera: 'M3.500 7h11.500v10H3.500zM15 10.500l5.500-3v9l-5.500-3',
  screen: 'M3 5h18v11.500H3zM8.500 20h7M12 16.500V20',
  off: 'M4 4l16 16',
  arrow: 'M5 12h13M13 6.500l5.500 5.500-5.500 5.500',
} as const;

export type IconName = keyof typeof PATHS;

/** A line icon of 24 units in the colour of the text; decoration only, the words stand beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" data-icon={name} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
