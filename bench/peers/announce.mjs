/** The bench reads the port from here, and ends the server by closing its input. */
export function announce(port) {
  console.log(`listening on ${port}`);
  process.stdin.on("end", () => process.exit(0)).resume();
}
