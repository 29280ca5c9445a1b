/*
 * The Logless beacon. `npm run build` makes logless.js of this file, which is the one that is served.
 *
 *   <script defer src="/js/logless.js" data-site="example.org"></script>
 *
 * data-api     where submissions go; default /api/event at the origin this script came from
 * data-params  further query parameters that may be sent, separated by commas
 * data-hash    the fragment is part of the page's name (routers that live behind the #)
 *
 * Where no tag can be found (a module, a tag manager) the same settings are read off window.logless,
 * which may be an object or a function that queues its arguments in .q until this script is there.
 *
 * It stores nothing, it sets no cookie, and it must never break the page that carries it.
 */
(() => {
  try {
    const earlier = window.logless || {};
    // Frameworks are known to insert a script twice; a second copy would count everything twice.
    if (earlier.loaded) return;

    const tag = document.currentScript || document.querySelector("script[data-site]");
    const settings = { ...earlier, ...tag?.dataset };
    const endpoint = settings.api || new URL("/api/event", tag?.src || location).href;
    const params = (
      "utm_source,utm_medium,utm_campaign,utm_content,utm_term,ref,source," + (settings.params || "")
    ).split(",");

    const routesByHash = "hash" in settings;

    /* What may be sent. */

    const refuses = () => {
      if (navigator.globalPrivacyControl || navigator.doNotTrack == "1") return 1;
      try {
        return localStorage.logless_opt_out;
      } catch {
        // Storage that is switched off throws, and then holds no refusal.
      }
    };

    const page = () => {
      const query = [...new URLSearchParams(location.search)];
      const kept = new URLSearchParams(query.filter(([name]) => params.includes(name)));
      // Not location.href: that may hold a user name, and a query that is nobody's business.
      return (
        location.origin +
        location.pathname +
        (kept + "" && "?" + kept) +
        (routesByHash ? location.hash : "")
      );
    };

    /* Sending. */

    const send = (n, fields) => {
      try {
        if (location.origin == "null" || refuses()) return;
        if (document.prerendering) {
          // Nobody has looked at a prerendered page, and perhaps nobody ever will.
          document.addEventListener("prerenderingchange", () => send(n, fields), { once: true });
          return;
        }
        fetch(endpoint, {
          method: "POST",
          // A string body is text/plain: no preflight. keepalive: it arrives though the page is left.
          body: JSON.stringify({
            n,
            u: page(),
            d: settings.site,
            h: routesByHash ? 1 : undefined,
            w: screen.width,
            l: navigator.language,
            ...fields,
          }),
          keepalive: true,
          credentials: "omit",
          referrerPolicy: "no-referrer",
        }).catch(() => {});
      } catch {
        // Circular props, a fetch that somebody replaced: the page goes on.
      }
    };

    /* Page views. */

    let last;
    const view = (_event, r) => {
      const u = page();
      if (u != last) send("pageview", { u: (last = u), r });
    };

    // Only the first view came from the referrer: what follows comes from this site itself.
    view(0, document.referrer.split(/[?#]/)[0]);

    // Old sites own a global called navigation that is something else.
    if (window.navigation?.currentEntry) {
      navigation.addEventListener("currententrychange", view);
    } else {
      ["pushState", "replaceState"].forEach((name) => {
        const original = history[name];
        history[name] = function (...values) {
          original.apply(this, values);
          view();
        };
      });
      addEventListener("popstate", view);
    }

    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        last = 0;
        view();
      }
    });

    /* Events. */

    const logless = (name, options) => send(name, { p: options?.props });
    logless.loaded = 1;
    window.logless = logless;
    earlier.q?.forEach((values) => logless(...values));
  } catch {
    // A page without its beacon is a page; a page with a broken beacon is not.
  }
})();
