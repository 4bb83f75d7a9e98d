import { type Context, Hono } from "hono";

import { methodNotAllowed, notFound } from "./answers.ts";

/** The routes outside /mcp. `Deps` is what their handlers are given, as `context.env`. */
type Router<Deps extends object> = Hono<{ Bindings: Deps }>;

/** Matches a path as the URL spells it. Errors are left to the boundary. */
export function newRouter<Deps extends object>(): Router<Deps> {
  const router = new Hono<{ Bindings: Deps }>({ getPath: ({ url }) => new URL(url).pathname });
  router.notFound(notFound);
  router.onError((error) => {
    throw error;
  });
  return router;
}

/** Serves one method of the path, and tells every other which one that is. GET serves HEAD too. */
export function serve<Deps extends object>(
  router: Router<Deps>,
  method: "GET" | "POST",
  path: string,
  handler: (context: Context<{ Bindings: Deps }>) => Response | Promise<Response>,
): void {
  router.on(method, path, handler);
  router.all(path, () => methodNotAllowed(method === "GET" ? "GET, HEAD" : method));
}
