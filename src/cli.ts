// Until the prompt reads the password, the terminal would show what is typed.
if (process.argv[2] === 'user' && process.argv[3] === 'add' && process.stdin.isTTY) {
  process.stdin.setRawMode(true);
}
const { main } = await import('./cli/program.js');
await main();
