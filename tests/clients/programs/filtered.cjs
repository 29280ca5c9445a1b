// A program with the real @sentry/node and the filter that Logless serves for it: what leaves goes through it first.
'use strict';

const Sentry = require('@sentry/node');
const filter = process.env.CRASH_FILTER ? require(process.env.CRASH_FILTER) : null;

const sent = [];
const shown = [];

function charge(card) {
  throw new TypeError(`card ${card} of bob@example.org was declined`);
}

function checkout() {
  charge('4111 1111 1111 1111');
}

async function main() {
  const client = Sentry.init({
    dsn: process.env.CRASH_DSN,
    release: process.env.CRASH_RELEASE,
    environment: 'production',
    sendDefaultPii: true,
    serverName: 'laptop-of-bob',
    beforeSend: filter && ((event) => (shown.push(filter.preview(event)), filter.beforeSend(event))),
  });
  client.on('beforeEnvelope', (envelope) => {
    const events = envelope[1].filter(([header]) => header.type === 'event');
    if (events.length) sent.push(JSON.stringify(events));
  });
  Sentry.setTag('consent', 'given');
  Sentry.setTag('account', 'of bob');
  Sentry.setUser({ id: 'bob', email: 'bob@example.org', ip_address: '{{auto}}' });
  Sentry.addBreadcrumb({ message: 'bob clicked' });
  try {
    checkout();
  } catch (error) {
    Sentry.captureException(error);
  }
  await Sentry.flush(10000);
  console.log(JSON.stringify({ sent, shown }));
}

main();
