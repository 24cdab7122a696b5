// Two people and one message. Run it with: node docs/examples/first-conversation.mjs config.json
import { connect } from 'holdfast';

const config = process.argv[2] ?? 'config.json';
const [ann, ben] = await Promise.all([connect(config), connect(config)]);
await ann.createAccount('ann', 'correct horse');
await ben.createAccount('ben', 'battery staple');

await ann.login('ann', 'correct horse');
const { storedOn } = await ann.send('ben', 'Are you there?');
console.log(`Stored on ${storedOn.copies} of ${storedOn.members} servers.`);

await ben.login('ben', 'battery staple');
for await (const { from, text } of ben.messages({ follow: false })) {
  console.log(`${from}: ${text}`);
}
await Promise.all([ann.deleteAccount(), ben.deleteAccount()]);
await Promise.all([ann.close(), ben.close()]);
