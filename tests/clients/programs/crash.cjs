// A program with the real @sentry/node that does all that an app may do, and says which answers its SDK got.
'use strict';

const http = require('node:http');
const Sentry = require('@sentry/node');

const answers = [];
const tried = [];

const request = http.request;
http.request = function (...args) {
  const made = request.apply(this, args);
  made.on('response', (response) =>
    answers.push({ status: response.statusCode, error: response.headers['x-sentry-error'] ?? null }),
  );
  return made;
};

class PaymentError extends Error {
  constructor(message) {
    super(message);
    this.name = 'PaymentError';
  }
}

function charge(card) {
  throw new PaymentError(`card ${card} of bob@example.org was declined`);
}

function checkout() {
  charge('4111 1111 1111 1111');
}

async function main() {
  const client = Sentry.init({
    dsn: process.env.CRASH_DSN,
    release: process.env.CRASH_RELEASE,
    environment: 'production',
    tracesSampleRate: 1,
    sendDefaultPii: true,
    serverName: 'laptop-of-bob',
    beforeSend: (event) => (event.message === 'of no interest' ? null : event),
  });
  // The SDK says so before it looks at its rate limits.
  client.on('beforeEnvelope', (envelope) => tried.push(...envelope[1].map(([header]) => header.type)));
  if (process.env.CRASH_CONSENT) Sentry.setTag('consent', process.env.CRASH_CONSENT);
  Sentry.setUser({ id: 'bob', email: 'bob@example.org', ip_address: '{{auto}}' });
  let id;
  try {
    checkout();
  } catch (error) {
    id = Sentry.captureException(error);
  }
  Sentry.captureMessage('of no interest');
  await Sentry.flush(10000);
  tried.length = 0;
  Sentry.startSpan({ name: 'checkout of bob', op: 'pay' }, () => {});
  Sentry.startSession();
  Sentry.captureSession(true);
  await Sentry.flush(10000);
  console.log(JSON.stringify({ id, answers, tried }));
}

main();
