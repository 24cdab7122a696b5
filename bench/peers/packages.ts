/** Which of the other systems are installed, and installing them from Debian's packages. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';

export interface Package {
  /** Of Debian; its service has the same name. */
  readonly name: string;
  /** A program that is there where it is installed. */
  readonly program: string;
}

export function isInstalled({ program }: Package): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Installs packages with apt-get, and stops and disables their services.
 *
 * @throws Error where that is not possible, and says why
 */
export function install(packages: readonly Package[]): void {
  if (packages.length === 0) return;
  const names = packages.map(({ name }) => name).join(' ');
  if (!isDebian()) throw new Error(`--peers installs packages on Debian only. Install these yourself: ${names}`);
  if (process.getuid?.() !== 0) throw new Error(`--peers needs root. Or run: apt-get install ${names}`);
  console.log(`Installing ${names}...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '--yes', '--no-install-recommends', ...packages.map(({ name }) => name)];
  const { status, error } = spawnSync('apt-get', args, { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`apt-get could not install ${names}: ${error?.message ?? `exit code ${status}`}`);
  // The packages start services, which would share the machine with what is measured.
  for (const { name } of packages) {
    spawnSync('service', [name, 'stop'], { stdio: 'ignore' });
    spawnSync('update-rc.d', [name, 'disable'], { stdio: 'ignore' });
  }
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
