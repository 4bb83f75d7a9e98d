/** The views, by the letter that leads to them after `g`. */
export const ROOMS = [
  ["home", "Home", "h"],
  ["jobs", "Jobs", "j"],
  ["blueprints", "Blueprints", "b"],
  ["triggers", "Triggers", "t"],
  ["events", "Events", "e"],
  ["queues", "Queues", "q"],
  ["keys", "Keys", "k"],
] as const;
