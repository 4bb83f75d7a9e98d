import { type Load, run } from "./load.ts";

/** The load has a process of its own, so that what it costs is not the bench's. One load at a time. */
process.on("message", (load: Load) => {
  run(load).then(
    (measured) => process.send?.({ measured }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
