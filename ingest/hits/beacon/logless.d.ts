/** What the beacon is told once. */
export interface Config {
  /** Id of the site, as logless.toml has it. */
  site: string;
  /** Where submissions go; default `/api/event` on the page's own host. */
  api?: string;
  /** Further query parameters that may be sent, beside `utm_*`, `ref` and `source`. */
  params?: readonly string[];
  /** The fragment is part of the page's name. */
  hash?: boolean;
  /** Store nothing, and do not tell whether this browser has been here before. */
  noRevisit?: boolean;
  /** Endings of files that count as downloads, in place of the usual ones; an empty list for none. */
  downloads?: readonly string[];
}

/** What an event may say besides its name. */
export interface Options {
  /** At most thirty properties, flat. */
  props?: Readonly<Record<string, string | number | boolean | null>>;
  /** `false`: somebody who does only this is still a bounce. Default `true`. */
  interactive?: boolean;
}

/** Begins to count; a second call does nothing. Does nothing where there is no document. Never throws. */
export function init(config: Config): void;

/** Sends an event, or keeps it until `init` is called. Never throws. */
export function track(name: string, options?: Options): void;
