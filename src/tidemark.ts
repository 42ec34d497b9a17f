#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { runDecrypt, runVerify } from './archive/index.js';

const USAGE = `usage: tidemark verify <url | folder | CID> [--key did:key:…] [--json]
                                             [--manifest <file | url>] [--gateway <url>]…

  Checks a recorded broadcast against its signed manifest, without believing the server that it came from.
  url      the page of a recording, its playlist, or its manifest
  folder   a copy of a broadcast's folder under media/, with manifest.car
  CID      of a recording as a folder: its blocks come from gateways of IPFS, and each is checked
  --manifest  for a CID: manifest.car, or the recording's page; without it, all that is told is that the bytes are this CID
  --gateway   for a CID: who is asked, instead of public ones (trustless-gateway.link, ipfs.io); may be given several times
  --key    the channel's key, from somewhere that you trust
  --json   the findings as JSON

  Ends with 0 when every byte is what was signed, 1 when it is not, 2 when it cannot be told, and 3 when the manifest has no
  end: what is there is true, and there may have been more.

       tidemark decrypt <folder | file> --key <file> [--name 720p/12.m4s]

  Decrypts files of an encrypted archive, each to a file beside it. In a folder they are called as in the archive: 720p/12.m4s.enc.
  --key    the file with the archive's key, which the studio gives to the channel's owner
  --name   what a single file is called in its broadcast
`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values, positionals: [command, target, ...rest] } = parseArgs({ allowPositionals: true, options: { key: { type: 'string' }, name: { type: 'string' }, manifest: { type: 'string' }, gateway: { type: 'string', multiple: true }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
    if (command === 'decrypt' && target !== undefined && values.key !== undefined && rest.length === 0) return await runDecrypt({ target, keyFile: values.key, name: values.name, out: process.stdout });
    if (values.help || command !== 'verify' || target === undefined || rest.length > 0) return usage(values.help ? 0 : 2);
    return await runVerify({ target, key: values.key, manifest: values.manifest, gateways: values.gateway, isJson: values.json, out: process.stdout, progress: process.stderr });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

function usage(code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(USAGE);
  return code;
}
