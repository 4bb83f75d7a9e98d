import fc from "fast-check";
import { JSON_TYPE, METHODS, mostly, oneOf, type Plain, TYPES } from "./plain-request.ts";

/** Deliveries to a hook that verifies them, and answers to links; nobody here can sign: nothing of this may leave a trace. */
export const hooks = (hook: string): fc.Arbitrary<Plain> =>
  fc
    .record({
      route: mostly(
        hook,
        "/hooks/x",
        "/hooks/",
        `${hook}x`,
        hook.slice(0, -1),
        `${hook}?a=1&a=2`,
        `${hook}?%ff`,
        "/hooks/%00",
        "/a/x",
        "/a/%00?action=decline",
      ),
      method: mostly("POST", ...METHODS),
      type: mostly(JSON_TYPE, ...TYPES),
      signature: oneOf("", "sha256=", `sha256=${"0".repeat(64)}`, "sha1=0", "\xff", "x".repeat(3_000)),
      delivery: oneOf("", "1", "\xff", "x".repeat(3_000)),
      body: oneOf("{}", "[]", "x", "", "a=1&a=2", '{"type":"url_verification"}', "[".repeat(10_000), "1e400", "\xff"),
    })
    .map(({ route, method, type, signature, delivery, body }) => ({
      route,
      method,
      body: Buffer.from(body, "latin1"),
      headers: [
        ["Content-Type", type],
        ["X-Hub-Signature-256", signature],
        ["X-GitHub-Delivery", delivery],
      ],
    }));
