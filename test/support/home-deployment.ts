import type { Home } from "../../src/egress/self-call.ts";

/** A deployment whose refusals are proven by `proof of <nonce>`. */
export const HOME: Home = {
  sender: "us",
  newNonce: () => "nonce-1",
  isRefusal: async (answer, { nonce }) => answer.headers.get("edge-jobs-proof") === `proof of ${nonce}`,
};
