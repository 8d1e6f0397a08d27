import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { maxBytesOf } from '../core/evidence/layout.ts';
import { tooLong, UnreadableError } from './usage-error.ts';

interface Waiting {
  /** As asked for: an object id, or `<commit>:<path>`, which is answered with the id of what is there. */
  readonly object: string;
  /** Of the file. */
  readonly path: string;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

const NEWLINE = 0x0a;

/*
 * One `git cat-file --batch` for all objects: a process for each would take minutes. Questions are answered in order:
 *
 *   → <object id>\n
 *   ← <object id> blob <bytes>\n <content> \n
 */
export class ObjectStream {
  readonly #git: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #answered = 0;
  /** What has arrived and is not consumed; joined only when an answer may be whole. */
  #pieces: Buffer[] = [];
  #held = 0;
  #needed = 1;
  #failure: Error | null = null;

  constructor(git: ChildProcessWithoutNullStreams) {
    this.#git = git;
    git.stdout.on('data', (piece: Buffer) => this.#receive(piece));
    git.stderr.resume();
    git.stdin.on('error', () => this.#fail('git does not read'));
    git.on('error', () => this.#fail('git cannot be started'));
    git.on('close', () => this.#fail('git ended'));
  }

  /**
   * Bytes of a blob; a view of what git answered. One that is too long for a file of that path ends the whole stream: git
   * would send all of it before the next answer.
   */
  read(object: string, path: string): Promise<Uint8Array> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ object, path, resolve, reject });
      // Questions of one turn go out in one write: a chunk asks 256 and more at once.
      if (this.#git.stdin.writableCorked === 0) {
        this.#git.stdin.cork();
        process.nextTick(() => this.#git.stdin.uncork());
      }
      this.#git.stdin.write(`${object}\n`);
    });
  }

  close(): void {
    this.#git.stdin.end();
    this.#git.kill();
  }

  #receive(piece: Buffer): void {
    if (this.#failure !== null) return;
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#held < this.#needed) return;
    let rest = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      if (end < 0) {
        this.#needed = rest.length + 1;
        break;
      }
      const header = rest.toString('latin1', 0, end);
      const [object, type, size] = header.split(' ');
      const waiting = this.#waiting[this.#answered];
      const isAnswer = waiting !== undefined && (object === waiting.object || waiting.object.includes(':'));
      if (!isAnswer || type !== 'blob') {
        this.#fail(`git answered: ${header}`);
        return;
      }
      if (!(Number(size) <= maxBytesOf(waiting.path))) {
        this.#end(tooLong(waiting.path, Number(size)));
        return;
      }
      const contentEnd = end + 1 + Number(size);
      if (rest.length <= contentEnd) {
        this.#needed = contentEnd + 1;
        break;
      }
      waiting.resolve(new Uint8Array(rest.buffer, rest.byteOffset + end + 1, contentEnd - end - 1));
      this.#answered += 1;
      rest = rest.subarray(contentEnd + 1);
    }
    if (this.#answered === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#answered = 0;
    }
    this.#pieces = [rest];
    this.#held = rest.length;
  }

  #fail(why: string): void {
    this.#end(new UnreadableError(`the repository cannot be read: ${why}`));
  }

  /** Nothing that is still asked is answered, and git sends no more. */
  #end(failure: Error): void {
    this.#failure ??= failure;
    for (const { reject } of this.#waiting.slice(this.#answered)) reject(this.#failure);
    this.#waiting.length = 0;
    this.#answered = 0;
    this.#pieces = [];
    this.close();
  }
}
