import { isRoot, lastLines, onPath, run } from './command.mjs';
import { say, step } from './step.mjs';

const INSTALL_LIMIT_MS = 600_000;

/** Installs packages with apt-get when this is root on Debian or one of its kin; true when they are there. */
export async function installDebianPackages(title, names) {
  if (!isRoot() || !onPath('apt-get')) return false;
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_LIMIT_MS };
  const { code, output } = await step(title, async () => {
    await run('apt-get', ['update'], options);
    return run('apt-get', ['install', '-y', '--no-install-recommends', ...names], options);
  });
  if (code !== 0) say(`apt-get could not install it:\n${lastLines(output, 5)}`);
  return code === 0;
}

/** Those of the packages that are not installed. */
export async function missingDebianPackages(names) {
  const { output } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...names]);
  const lines = output.split('\n');
  return names.filter((name) => !lines.includes(`installed ${name}`));
}

/** The command that installs packages, to be typed by a person. */
export function installCommand(names) {
  return `${isRoot() ? '' : 'sudo '}apt-get install -y ${names.join(' ')}`;
}
