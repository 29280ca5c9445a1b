/*
 * The beacon as a module: nothing happens until init is called, and nothing at all where there is no document.
 */
let send;
const waiting = [];

export const init = (config) => {
  if (send || typeof document == "undefined") return;
  try {
    const dataset = {};
    for (const name in config) {
      // As attributes of a tag are: there, or not; lists are divided by |.
      if (config[name] || config[name] === "") dataset[name] = [].concat(config[name]).join("|");
    }
    send = start({ dataset, src: location });
    waiting.map((values) => send(...values));
  } catch {
    // A page without its beacon is a page; a page with a broken beacon is not.
  }
};

export const track = (...values) => {
  // Where pages are rendered ahead there is nobody whose event could wait.
  if (send) send(...values);
  else if (typeof document != "undefined") waiting.push(values);
};
