import { counted } from '../../output/message-text.js';
import { writeData } from '../console.js';
import { operateGroup, serverOfId } from '../operator.js';

/** `holdfast drain <config> <id>` */
export async function drain(configPath: string, id: string): Promise<number> {
  const group = await operateGroup(configPath);
  const server = serverOfId(group.servers, id, configPath);
  const link = await group.connect(server);
  try {
    const { moved, left } = await link.ask('Drain', {}, 'Drained');
    const sentAway =
      left === 0 ? '' : ` ${counted(left, 'client')} did not go in time and ${left === 1 ? 'was' : 'were'} sent away.`;
    writeData(`Moved ${counted(moved, 'client')} to other servers.${sentAway} Server ${server.id} stops.`);
  } finally {
    await link.close();
  }
  return 0;
}
