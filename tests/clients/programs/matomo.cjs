/*
 * Tracks with Matomo's own tracker for Node, unmodified: one request, then two in bulk. Prints what was answered.
 */
const http = require("node:http");
const MatomoTracker = require("matomo-tracker");

const [, , url] = process.argv;
const errors = [];
const tracker = new MatomoTracker(3, url);
tracker.on("error", (error) => errors.push(String(error)));

const statuses = [];
const get = http.get;
http.get = (...values) => get(...values).on("response", (response) => statuses.push(response.statusCode));

tracker.track({ url: "http://matomo.localhost/from-node", uid: "ada", ua: "Mozilla/5.0", token_auth: "t", cip: "192.0.2.1" });
tracker.trackBulk(
  [
    { url: "http://matomo.localhost/bulk/1", _id: "AA8147677B1F5C81", cdt: "2018-03-22T02:32:22.867Z" },
    { url: "http://matomo.localhost/bulk/2", e_c: "Buy", e_a: "rightButton", e_v: "2" },
  ],
  (answer) => {
    process.on("exit", () => console.log(JSON.stringify({ answer: JSON.parse(answer), statuses, errors })));
  },
);
