import { callbackPost } from "../../egress/callbacks.ts";
import { sealText } from "../../egress/sealed-text.ts";
import { homeOf } from "../../egress/self-call.ts";
import { type Env, settingsOf } from "../../env.ts";
import type { Callbacks } from "./subscribing.ts";

/** Undefined without AUTH_SECRET: there is nothing that a callback's secret could be sealed with. */
export function callbacksOf(env: Env): Callbacks | undefined {
  const { secrets, eventsAllow } = settingsOf(env);
  if (secrets === undefined) return undefined;
  return {
    allow: eventsAllow,
    post: async (...request) => {
      const home = await homeOf(env.AUTH_SECRET, () => crypto.randomUUID());
      return callbackPost(eventsAllow, home, Date.now)(...request);
    },
    seal: (secret, subscriptionId) => sealText(secrets, "edge-jobs callback secret v1", secret, subscriptionId),
  };
}
