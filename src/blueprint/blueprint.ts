import type * as z from "zod";
import { document } from "./document.ts";
import { Steps } from "./kinds/index.ts";

/** A plan of steps, by its shape alone; `checkBlueprint` knows the rest. */
export const Blueprint = document(Steps);

/** As a plan keeps it, with every default filled in. PERSISTED: new fields optional; never rename. */
export type Blueprint = z.output<typeof Blueprint>;
/** As it may be written. */
export type BlueprintInput = z.input<typeof Blueprint>;
