/*
 * The Logless beacon. `npm run build` makes three files of it:
 *
 *   logless.js       all of it, which is the one that is served
 *   logless.core.js  page views, events, engagement and revisits, without clicks, forms and missing pages
 *   logless.mjs      all of it, for programs that are bundled: see logless.d.ts
 *
 *   <script defer src="/js/logless.js" data-site="example.org"></script>
 *
 * data-api          where submissions go; default /api/event at the origin this script came from
 * data-params       further query parameters that may be sent, divided by |
 * data-hash         the fragment is part of the page's name (routers that live behind the #)
 * data-no-revisit   nothing is stored, and nobody learns whether a browser has been here before
 * data-downloads    endings of files that count as downloads, divided by |, in place of the usual ones
 * data-logless-404  this page is one that was not found; <meta name="logless-404"> says the same
 *
 *   logless("signup", { props: { plan: "free" } });
 *   <a href="/join" data-logless-event="signup" data-logless-prop-plan="free">Join</a>
 *
 * It stores one value, under `logless_week`: the week of the last visit and the week in which the value expires, two
 * numbers that everybody shares who came in those weeks. It sets no cookie, it must never break the page that carries
 * it, and every byte of it travels to everybody who comes: that is why it is written as it is.
 *
 * CLICKS is true or false by the build. `settings` is the dataset of the tag.
 */
const start = ({ dataset: settings, src }) => {
  // last: the page that is looked at; since: when that began, while it is; spent: milliseconds that are not yet told;
  // deepest: pixels that were seen of it; told: the percent that was sent of it.
  let storage, last, since, spent, deepest, told;

  try {
    storage = localStorage;
  } catch {
    // Storage that is switched off throws, and then holds no refusal.
  }

  const send = async (n, fields) => {
    try {
      if (document.prerendering) {
        // Nobody has looked at a prerendered page, and perhaps nobody ever will.
        // Captured: it does not bubble.
        await new Promise((resolve) => addEventListener("prerenderingchange", resolve, 1));
      }
      if (navigator.globalPrivacyControl || navigator.doNotTrack > 0 || storage?.logless_opt_out) {
        delete storage?.logless_week;
      } else {
        await fetch(settings.api || new URL("/api/event", src), {
          method: "POST",
          // A string body is text/plain: no preflight. keepalive: it arrives though the page is left.
          body: JSON.stringify({
            n,
            u: last,
            d: settings.site,
            h: "hash" in settings,
            w: screen.width,
            l: navigator.language,
            ...fields,
          }),
          keepalive: 1,
          credentials: "omit",
          referrerPolicy: "no-referrer",
        });
      }
    } catch {
      // Circular props, a fetch that somebody replaced: the page goes on.
    }
  };

  const look = (event) => {
    const u =
      // Not location.href: that may hold a user name, and a query that is nobody's business.
      location.origin +
      location.pathname +
      location.search
        .replace(
          RegExp(
            // [undefined] is the empty string.
            "[?&](?!(utm_(source|medium|campaign|content|term)|ref|source|" + [settings.params] + ")=)[^&]*",
            "g",
          ),
          "",
        )
        .replace(/^&/, "?") +
      ("hash" in settings ? location.hash : "");

    /* Engagement: the time in which a page is seen and has the focus, and how far down it was seen. */

    const now = performance.now();
    if (since) spent += now - since;
    // true > false: it has the focus, and is not hidden.
    since = document.hasFocus() > document.hidden && now;
    deepest = Math.max(deepest, scrollY + innerHeight);

    // A page out of the back-forward cache is looked at anew, and did not refer to itself.
    if (event.persisted) last = "";

    if (last && (u != last || document.hidden)) {
      // Whole seconds: the rest is kept for the next time.
      const e = Math.round(spent / 1e3) * 1e3;
      const sd = Math.round(Math.min(1, deepest / document.documentElement.scrollHeight) * 100);
      if (e || sd > told) {
        send("engagement", { e, sd });
        spent -= e;
        told = sd;
      }
    }

    /* Page views. */

    if (u != last) {
      send("pageview", {
        u,
        r: last ?? document.referrer.split("?")[0],
        rv:
          last || "noRevisit" in settings
            ? undefined
            : {
                // Asked for when the body is written: not before the page is seen, and never after a refusal.
                toJSON() {
                  try {
                    // Weeks of ISO 8601, in UTC. They begin on Mondays; 1970 began on a Thursday.
                    const week = ((Date.now() / 864e5 + 3) / 7) | 0;
                    const [seen, expires] = (storage.logless_week + "").split(",");
                    // 56 weeks are never over 13 months. A value that claims more is not one of ours.
                    const isKnown = expires > week && expires <= week + 56;
                    storage.logless_week = [week, isKnown ? expires : week + 56];
                    // 0: new, 1: here this week, 2: in one of the four weeks before it, 3: longer ago.
                    return isKnown * (1 + (seen < week) + (seen < week - 4));
                  } catch {
                    // Where nothing can be stored, everybody would be new.
                  }
                },
              },
      }).then(() => {
        // After the view, because a visit is told by what arrives first of it.
        if (CLICKS && document.querySelector("[data-logless-404],[name=logless-404]")) {
          send("404", { p: { path: location.pathname } });
        }
      });
      last = u;
      spent = deepest = told = 0;
    }

    /* Clicks and forms. */

    if (CLICKS) {
      if (event.type == "submit") send("Form: Submission", { p: { path: location.pathname } });
      // The right button opens a menu, and nothing else. Events of other kinds have no button.
      if (event.button < 2) {
        event.composedPath().map((node) => {
          const name = node.dataset?.loglessEvent;
          const isDownload = RegExp(
            "[.](" + (settings.downloads ?? "pdf|zip|gz|exe|dmg|pkg|deb|rpm|apk") + ")$",
            "i",
          ).test(node.pathname);
          // Without its query: what stands there is between that site and the person.
          const p = { url: node.href && node.origin + node.pathname };
          if (name) {
            for (let { name, value } of node.attributes) {
              if ((name = name.split("data-logless-prop-")[1])) p[name] = value;
            }
          }
          // A link that leads to no host (mailto:, tel:) leads nowhere that is counted.
          if (name || isDownload || (node.href && node.host && node.host != location.host)) {
            send(name || (isDownload ? "File Download" : "Outbound Link: Click"), { p });
          }
        });
      }
    }
  };

  look(0);

  // Captured, so that no handler of the page can hide one.
  (CLICKS
    ? ["focus", "blur", "scroll", "visibilitychange", "pageshow", "popstate", "click", "auxclick", "submit"]
    : ["focus", "blur", "scroll", "visibilitychange", "pageshow", "popstate"]
  ).map((name) => addEventListener(name, look, 1));

  // By hand in every browser: the Navigation API is not in all of them, and tells nothing more.
  ["pushState", "replaceState"].map((name) => {
    const original = history[name];
    history[name] = (...values) => {
      original.apply(history, values);
      look(0);
    };
  });

  return send;
};
