// nodemailer to smtp-server, with authentication.
import { once } from 'node:events';
import nodemailer from 'nodemailer';
import { SMTPServer } from 'smtp-server';

const received = [];
const server = new SMTPServer({
  disabledCommands: ['STARTTLS'],
  onAuth: (auth, _session, done) => done(null, { user: auth.username }),
  onData: (stream, session, done) => {
    let text = '';
    stream
      .on('data', (chunk) => {
        text += chunk;
      })
      .on('end', () => {
        received.push([
          session.envelope.mailFrom.address,
          session.envelope.rcptTo.map(({ address }) => address).join(),
          /subject: .*/i.exec(text)[0],
        ]);
        done();
      });
  },
});
server.listen(0, '127.0.0.1');
await once(server.server, 'listening');
const transport = nodemailer.createTransport({
  host: '127.0.0.1',
  port: server.server.address().port,
  secure: false,
  ignoreTLS: true,
  auth: { user: 'me', pass: 'secret' },
  pool: true,
});
for (const subject of ['first', 'second'])
  await transport.sendMail({
    from: 'a@example.org',
    to: ['b@example.org', 'c@example.org'],
    subject,
    text: 'hello',
  });
transport.close();
for (const mail of received) console.log(...mail);
await new Promise((resolve) => server.close(resolve));
