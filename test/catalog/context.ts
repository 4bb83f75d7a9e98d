import type { HandlerContext } from "../../src/catalog/define-handler.ts";

type Route = (init: RequestInit | undefined) => Response | Promise<Response>;

/** A world of the given routes by URL, whose clock goes on by 5 ms with each look. Other URLs are unreachable. */
export function contextOf(routes: Record<string, Route>, signal = new AbortController().signal): HandlerContext {
  let clock = 1_000;
  return {
    fetch: async (url, init) => {
      const route = routes[url];
      if (!route) throw new Error(`unreachable: ${url}`);
      return route(init);
    },
    now: () => {
      clock += 5;
      return clock;
    },
    signal,
    userAgent: "edge-jobs/test",
  };
}
