import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Problem, say } from '../set-up/step.mjs';

/**
 * Signs in with the account of the last demo, or makes one, and answers its channel and a stream key.
 * Name, password and key are kept in dataDir/demo.json, which only this user may read.
 */
export async function openDemoChannel(api, dataDir) {
  const file = path.join(dataDir, 'demo.json');
  const account = await signIn(api, readAccount(file)) ?? await register(api);
  if (!account.key || !await api.hasStreamKey(account.username, account.keyId)) {
    const { id, key } = await api.addStreamKey(account.username, 'demo');
    Object.assign(account, { keyId: id, key });
    await api.setTitle(account.username, 'Demo: a test picture');
  }
  saveAccount(file, account);
  return { slug: account.username, key: account.key };
}

/** Answers undefined when the account is not known here, such as after the database was deleted. */
async function signIn(api, account) {
  if (!account) return undefined;
  return api.login(account).then(() => account, (error) => {
    if (error.status === 401 || error.status === 404) return undefined;
    throw error;
  });
}

async function register(api) {
  const isFirst = !await api.hasAccounts();
  const account = await tryNames(api, ['demo', `demo-${randomBytes(3).toString('hex')}`]);
  const role = isFirst ? 'No account existed, so this one is the admin' : 'A demo account was made';
  say(`${role}: user ${account.username}, password ${account.password}`);
  return account;
}

async function tryNames(api, [username, ...others]) {
  const password = randomBytes(12).toString('base64url');
  try {
    await api.register({ username, email: `${username}@example.com`, password });
    return { username, password };
  } catch (error) {
    if (error.status === 409 && others.length > 0) return tryNames(api, others);
    if (error.status === 403) throw new Problem(`the demo needs an account and registration is closed here: set accounts.registration to open for a moment.\n(${error.message})`);
    throw error;
  }
}

function readAccount(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function saveAccount(file, account) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(account), { mode: 0o600 });
}
