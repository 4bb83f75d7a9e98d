import fc from "fast-check";
import { setting } from "./support/setting.ts";

/** Properties go by the seed of the run, so that SEED plays their courses again too. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: setting("SEED") });
