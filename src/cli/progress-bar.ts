const WIDTH = 30;

/** A line that updates itself, only on a terminal. */
export function progressBar(terminal: NodeJS.WriteStream = process.stderr) {
  let last = '';
  const write = (text: string): void => {
    if (terminal.isTTY && text !== last) {
      terminal.write(`\r${text}\x1b[K`);
      last = text;
    }
  };
  return {
    isShown: terminal.isTTY,
    draw: (done: number, total: number): void => {
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const full = Math.floor(share * WIDTH);
      write(`[${'#'.repeat(full).padEnd(WIDTH)}] ${Math.floor(share * 100)} %`);
    },
    clear: (): void => write(''),
  };
}
