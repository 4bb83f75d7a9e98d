import { bundleServer } from "../../tooling/servers/worker-bundle.ts";

/** What the servers of single files start: see `useServer`. */
export default bundleServer;
