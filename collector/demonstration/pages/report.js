/*
 * A reporter of errors of a few lines: it sends what the collector keeps, and nothing besides.
 *
 * Envelopes: https://develop.sentry.dev/sdk/data-model/envelopes/ (headers, item header, payload: one line each).
 */

// V8 writes `at name (url:line:column)` or `at url:line:column`; Firefox and Safari write `name@url:line:column`.
const FRAME = /^\s*(?:at (?:async )?(?:(.+?) \()?|(.*?)@)(\S+?):(\d+):(\d+)\)?$/;

const framesOf = (stack) =>
  stack
    .split("\n")
    .map((line) => FRAME.exec(line))
    .filter(Boolean)
    .map(([, v8, gecko, url, line, column]) => ({
      function: v8 || gecko || "<anonymous>",
      // The path only: a host and a query say where somebody was, not where the program broke.
      filename: new URL(url, location).pathname,
      lineno: Number(line),
      colno: Number(column),
      in_app: true,
    }))
    // "Frames should be sorted from oldest to newest."
    .reverse();

const eventOf = (error, id) => ({
  event_id: id,
  platform: "javascript",
  level: "error",
  release: "lantern-web@1.2.0",
  environment: "production",
  tags: { consent: "given" },
  exception: {
    values: [
      {
        type: error.name,
        value: error.message,
        mechanism: { type: "onerror", handled: false },
        stacktrace: { frames: framesOf(error.stack || "") },
      },
    ],
  },
});

const identifier = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Sends one error. Resolves to the status of the answer, or 0 when there was none. Never rejects. */
export const report = async (error) => {
  try {
    const [key, app] = document.querySelector('meta[name="logless-dsn"]').content.split("@/");
    const id = identifier();
    const lines = [{ event_id: id }, { type: "event" }, eventOf(error, id)].map((line) => JSON.stringify(line));
    const answer = await fetch(`/api/${app}/envelope/?sentry_key=${key}`, {
      method: "POST",
      body: lines.join("\n"),
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    return answer.status;
  } catch {
    return 0;
  }
};
