// Two customers who want the same thing.
import http from 'node:http';

const shop = { host: process.env.SERVER ?? 'server', port: Number(process.env.PORT ?? 8080) };
const buy = () =>
  new Promise((resolve, reject) => {
    http
      .get(shop, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      })
      .on('error', reject);
  });

const answers = await Promise.all([buy(), buy()]);
console.log(answers.join(', '));
if (answers.filter((answer) => answer === 'sold').length !== 1) {
  throw new Error(`one thing, and the answers were: ${answers.join(', ')}`);
}
