/*
 * The beacon as a script of a page. Frameworks are known to insert a script twice; a second copy would count everything
 * twice, and does nothing.
 */
try {
  window.logless ||= start(document.querySelector("script[data-site]"));
} catch {
  // A page without its beacon is a page; a page with a broken beacon is not.
}
