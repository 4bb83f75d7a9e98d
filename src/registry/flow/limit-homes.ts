import { shardsOfKey } from "../../jobs/flow/shard-of-key.ts";
import { parseJobId } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import type { JobOwners, LimitsApi } from "../api/limit-calls.ts";

/** Finds the home of a limit, one object of the tenant by the hash of the key, and the objects that have jobs. */
export class LimitHomes {
  readonly #own: () => LimitsApi;
  readonly #owners: JobOwners | undefined;

  /** @param own what this object says itself */
  constructor(own: () => LimitsApi, owners: JobOwners | undefined) {
    this.#own = own;
    this.#owners = owners;
  }

  /** @param asker a job of this object */
  async of(key: string, { tenant, job_id }: Pick<Job, "tenant" | "job_id">): Promise<LimitsApi> {
    if (this.#owners === undefined) return this.#own();
    const [home] = await shardsOfKey(key, this.#owners.shards);
    return home === parseJobId(job_id)?.shard ? this.#own() : this.#owners.of(tenant, home);
  }

  /** Every object that can be the home of a limit. */
  every({ tenant, job_id }: Pick<Job, "tenant" | "job_id">): LimitsApi[] {
    const owners = this.#owners;
    if (owners === undefined) return [this.#own()];
    const own = parseJobId(job_id)?.shard;
    return Array.from({ length: owners.shards }, (_, shard) =>
      shard === own ? this.#own() : owners.of(tenant, shard),
    );
  }

  /** The homes that the limit had while there were fewer objects. */
  async before(key: string, tenant: string): Promise<LimitsApi[]> {
    const owners = this.#owners;
    if (owners === undefined) return [];
    const [, ...earlier] = await shardsOfKey(key, owners.shards);
    return earlier.map((shard) => owners.of(tenant, shard));
  }

  /** Asks the objects that have the jobs, each about its own. */
  async eachOwner(
    tenant: string,
    jobIds: readonly string[],
    call: (owner: LimitsApi, jobIds: string[]) => Promise<unknown>,
  ): Promise<void> {
    if (jobIds.length === 0) return;
    const owners = this.#owners;
    if (owners === undefined) return void (await call(this.#own(), [...jobIds]));
    const byShard = Map.groupBy(jobIds, (id) => parseJobId(id)?.shard ?? 0);
    await Promise.all([...byShard].map(([shard, ids]) => call(owners.of(tenant, shard), ids)));
  }
}
