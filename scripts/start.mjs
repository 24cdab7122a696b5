/**
 * Installs what is missing, builds, and runs every server of `config.json` on this machine until ctrl-C.
 *
 *   npm start                 the servers of config.json, with their data in ./data
 *   npm start -- other.json   those of another config
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { prepareOrExit } from './prepare.mjs';
import { Servers } from './servers.mjs';

/**
 * The ids of the servers in a config. One that cannot be read is the server's to explain, with line and column: for
 * such a config, one server is started all the same, and says what is wrong.
 */
function readIds(/** @type {string} */ config) {
  try {
    const { servers } = /** @type {{ servers: { id: number }[] }} */ (JSON.parse(readFileSync(config, 'utf8')));
    return servers.map(({ id }) => id);
  } catch {
    return [1];
  }
}

async function main() {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  prepareOrExit();
  const [config = 'config.json'] = process.argv.slice(2);
  const parametersById = new Map(
    readIds(config).map((id) => [
      id,
      ['holdfast', 'server', config, String(id), '--data', `data/${id}`, '--log-level', 'warning'],
    ]),
  );
  const servers = new Servers(parametersById, console.log);
  let askedToStop = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!askedToStop) console.log('Stopping the servers. Press ctrl-C again to kill them.');
      askedToStop = true;
      servers.stop();
    });
  }
  const started = await servers.started;
  if (started.length > 0 && !askedToStop) {
    console.log(
      `\nTo chat, type this in another terminal:\n\n  ./holdfast chat ${config}\n\nTo stop the servers, press ctrl-C.`,
    );
  }
  await servers.ended;
  process.exitCode = askedToStop ? 0 : 1;
}

await main();
