import { buildUi } from "../tooling/build/build-ui.ts";

/** `npm run build`: the dashboard. `dev`, `deploy`, the tests and an installation do it by themselves. */
await buildUi();
