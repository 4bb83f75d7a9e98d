import { executable } from "./browser.ts";

/** Global setup. The first who asks for the packed browser writes it, and files side by side would start it half written. */
export async function setup(): Promise<void> {
  await executable();
}
