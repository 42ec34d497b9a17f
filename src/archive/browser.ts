// The door for pages: what is behind it runs in browsers. Whatever needs Node is behind index.ts.
export { canCheck, SignedChain } from './check/signed-chain.js';
export { webContentCid } from './check/web-hash.js';
export { readCar } from './manifest/car-blocks.js';
export { ManifestBroken } from './manifest/growing-chain.js';
export type { Manifest, NamedContent } from './manifest/growing-chain.js';
export { verifyFiles } from './verify/verify-files.js';
export type { Expected, Finding, Found, Verification } from './verify/verify-files.js';
