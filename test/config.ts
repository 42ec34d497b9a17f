import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { ConfigInvalid, loadConfig } from '../src/config.js';
import type { Config } from '../src/config.js';

/** Loads the real defaults with a local.yaml over them, in a folder of its own. */
function load(t: Test, options: { local?: string; environment?: NodeJS.ProcessEnv }): Config {
  const folder = t.testdir({});
  copyFileSync('config/default.yaml', path.join(folder, 'default.yaml'));
  if (options.local !== undefined) writeFileSync(path.join(folder, 'local.yaml'), options.local);
  return loadConfig({ folder, environment: options.environment ?? {} });
}

function refusal(t: Test, options: { local?: string; environment?: NodeJS.ProcessEnv }): string {
  try {
    load(t, options);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message;
    throw error;
  }
  return 'accepted';
}

t.test('the defaults are accepted and are the documented ports and folders', async (t) => {
  const config = load(t, {});
  t.match(config, {
    dataDir: path.resolve('data'),
    mediaDir: path.resolve('media'),
    http: { port: 8000, bindAddress: '0.0.0.0' },
    ingest: { port: 1935, tls: { port: 1936, certFile: '', keyFile: '' } },
    database: { url: '' },
    accounts: { jwtSecret: '' },
    transcode: { ladder: 'auto' },
  });
});

t.test('every setting in default.yaml has a comment above it', async (t) => {
  const lines = readFileSync('config/default.yaml', 'utf8').split('\n');
  const isKey = (line: string) => /^ *[a-zA-Z]+: \S/.test(line);
  const isSpoken = (index: number): boolean => {
    const above = lines[index - 1] ?? '';
    return above.trim().startsWith('#') || (isKey(above) && isSpoken(index - 1));
  };
  t.same(lines.filter((line, index) => isKey(line) && !isSpoken(index)), []);
});

t.test('local.yaml goes over the defaults and the environment over both', async (t) => {
  const local = 'http:\n  port: 9000\n  trustProxy: 1\nlog:\n  format: json\n';
  const config = load(t, { local, environment: { HTTP_PORT: '9100', LOG_LEVEL: 'debug', MEDIA_DIR: '/srv/media' } });
  t.match(config, {
    mediaDir: '/srv/media',
    http: { port: 9100, trustProxy: 1, bindAddress: '0.0.0.0' },
    log: { level: 'debug', format: 'json' },
  });
});

t.test('a list replaces the default list', async (t) => {
  const config = load(t, { local: 'transcode:\n  rungs:\n    - { name: 540p, shortSide: 540, bitrateKbps: 1500 }\n' });
  t.same(config.transcode.rungs, [{ name: '540p', shortSide: 540, bitrateKbps: 1500 }]);
});

t.test('a variable that names a list has commas', async (t) => {
  t.same(load(t, { environment: { IPFS_API_URL: 'http://a:5001, http://b:5001,' } }).archive.ipfs.apiUrls, ['http://a:5001', 'http://b:5001']);
});

t.test('an empty variable counts as unset', async (t) => {
  t.equal(load(t, { environment: { HTTP_PORT: '', JWT_SECRET: '' } }).http.port, 8000);
});

t.test('a variable that names a text keeps digits as text', async (t) => {
  t.equal(load(t, { environment: { DATA_DIR: '2024' } }).dataDir, path.resolve('2024'));
});

t.test('each wrong value is named with key, value, variable and rule', async (t) => {
  const environment = { HTTP_PORT: '70000', RTMP_PORT: 'abc' };
  t.equal(refusal(t, { environment, local: 'log:\n  level: loud\n' }), [
    'wrong settings:',
    '  log.level = "loud": Invalid option: expected one of "error"|"warn"|"info"|"debug"',
    '  http.port = 70000 (from HTTP_PORT): Too big: expected number to be <=65535',
    '  ingest.port = "abc" (from RTMP_PORT): Invalid input: expected number, received string',
  ].join('\n'));
});

t.test('a key that does not exist is refused by its name', async (t) => {
  t.equal(refusal(t, { local: 'http:\n  prot: 9000\n' }), 'wrong settings:\n  http.prot: there is no such setting');
  t.equal(refusal(t, { local: 'htpp:\n  port: 9000\n' }), 'wrong settings:\n  htpp: there is no such setting');
});

t.test('a secret is not repeated', async (t) => {
  const secrets = { JWT_SECRET: 'short-secret', DATABASE_URL: 'mysql://tidemark:hunter2@db/tidemark' };
  t.equal(refusal(t, { environment: secrets }), [
    'wrong settings:',
    '  database.url = (hidden) (from DATABASE_URL): Invalid URL',
    '  accounts.jwtSecret = (hidden) (from JWT_SECRET): Too small: expected string to have >=32 characters',
  ].join('\n'));
});

t.test('a secret beside another mistake is not repeated either', async (t) => {
  const local = 'accounts:\n  jwtSecret: this-one-is-a-good-secret-of-some-length\n';
  t.notMatch(refusal(t, { local: `${local}  jwtSecrte: x\n` }), /good-secret/);
  t.notMatch(refusal(t, { local: `${local}nonsense: 1\n` }), /good-secret/);
  t.notMatch(refusal(t, { local: local.replace(': this', ': "this') }), /good-secret/);
});

t.test('rungs have names of their own and go downwards', async (t) => {
  const rungs = `
    - { name: 720p, shortSide: 720, bitrateKbps: 2800 }
    - { name: 720p, shortSide: 480, bitrateKbps: 1200 }
    - { name: audio, shortSide: 480, bitrateKbps: 600 }
    - { name: source, shortSide: 486, bitrateKbps: 600 }
`;
  t.equal(refusal(t, { local: `transcode:\n  rungs:${rungs}` }), [
    'wrong settings:',
    '  transcode.rungs.1.name = "720p": must not be the name of another rung',
    '  transcode.rungs.2.name = "audio": is the name of what the publisher sends: choose another',
    '  transcode.rungs.2.shortSide = 480: must be less than that of the rung before it, 480',
    '  transcode.rungs.3.name = "source": is the name of what the publisher sends: choose another',
    '  transcode.rungs.3.shortSide = 486: must be less than that of the rung before it, 480',
  ].join('\n'));
});

t.test('a ladder names rungs that exist', async (t) => {
  t.equal(refusal(t, { local: 'transcode:\n  ladder: [720p, 540p]\n' }), 'wrong settings:\n  transcode.ladder.1 = "540p": must be the name of a rung: 720p, 480p, 360p');
  t.same(load(t, { local: 'transcode:\n  ladder: [540p]\n  rungs: [{ name: 540p, shortSide: 540, bitrateKbps: 1500 }]\n' }).transcode.ladder, ['540p']);
});

t.test('RTMPS needs both files', async (t) => {
  t.equal(refusal(t, { local: 'ingest:\n  tls:\n    certFile: /etc/tls/chain.pem\n' }), 'wrong settings:\n  ingest.tls.keyFile = "": must be set, since certFile is');
  t.equal(refusal(t, { environment: { RTMPS_KEY_FILE: '/etc/tls/key.pem' } }), 'wrong settings:\n  ingest.tls.certFile = "": must be set, since keyFile is');
  t.match(load(t, { environment: { RTMPS_CERT_FILE: '/c', RTMPS_KEY_FILE: '/k' } }).ingest.tls, { certFile: '/c', keyFile: '/k' });
});

t.test('a window holds three segments', async (t) => {
  t.equal(refusal(t, { local: 'packager:\n  segmentSec: 4\n  windowSec: 11\n' }), 'wrong settings:\n  packager.windowSec = 11: must be at least 3 × segmentSec');
  t.equal(load(t, { local: 'packager:\n  segmentSec: 4\n  windowSec: 12\n' }).packager.windowSec, 12);
});

t.test('a file that is no map of settings is refused by its name', async (t) => {
  t.match(refusal(t, { local: '- 1\n' }), /local\.yaml: the top level must be a map of settings/);
  t.match(refusal(t, { local: 'http: "open\n' }), /local\.yaml: .*quote/s);
});
