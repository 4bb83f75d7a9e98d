/**
 * After `npm ci`: which Node runs what, in one line. npm's own warnings, one for each package that wants a newer Node than
 * the one that npm runs on, do not hold here and are switched off in .npmrc.
 */
const OLDEST = 20;
const own = process.versions.node;
const host = /node\/v(\S+)/.exec(process.env.npm_config_user_agent ?? "")?.[1] ?? own;
const verdict = Number.parseInt(host, 10) < OLDEST ? `, and is too old for that: use ${OLDEST} or newer` : "";
console.log(`npm scripts run on Node ${own} of node_modules; the Node ${host} of this machine only runs npm${verdict}`);
