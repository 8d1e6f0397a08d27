const WIDTH = 30;

export interface ProgressBar {
  show(done: number, total: number): void;
  /** Takes it off the terminal. */
  clear(): void;
}

/** What a bar is drawn on: standard error, so that what is printed can be piped. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A bar of how many records are checked; on anything but a terminal none. */
export function openProgressBar(terminal: Terminal): ProgressBar {
  let shown = '';
  const draw = (line: string): void => {
    if (line === shown) return;
    // The cursor goes back, and what stood there is cleared: a shorter line leaves nothing behind.
    terminal.write(`\r\u001B[K${line}`);
    shown = line;
  };
  return {
    show: (done, total) => {
      if (terminal.isTTY !== true) return;
      const filled = Math.floor((done / Math.max(total, 1)) * WIDTH);
      const bar = '#'.repeat(filled).padEnd(WIDTH, '.');
      draw(`${bar} ${done.toLocaleString('en')} of ${total.toLocaleString('en')} records`);
    },
    clear: () => draw(''),
  };
}
