import type { Siblings } from "../../../src/registry/fire/siblings.ts";
import type { Hazard, Life } from "./hazard.ts";

/** The other shard of the tenant: it keeps what it is told. */
export class FakeSiblings {
  /** Names of the event triggers that it has a copy of, with their versions. */
  readonly copies = new Map<string, number>();

  port(life: Life, hazard: Hazard): Siblings {
    return {
      shard: 0,
      shards: 2,
      keepCopy: (_shard, { trigger }) =>
        hazard.call(life, "tell of a trigger", async () => {
          this.copies.set(trigger.name, trigger.version);
        }),
      dropCopy: (_shard, name) =>
        hazard.call(life, "tell of a deleted trigger", async () => {
          this.copies.delete(name);
        }),
    };
  }
}
