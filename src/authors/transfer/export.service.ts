import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { VARIABLES } from '../../config/variables.js';
import { Turns } from '../../database/turns.js';
import type { Principal } from '../../http/principal.js';
import type { Selection } from '../../lists/list-query.js';
import { Lists } from '../../lists/lists.js';
import { retryLater } from '../../problems/problem.js';
import { AUTHORS } from '../author.members.js';
import type { AuthorRecord } from '../author.members.js';
import { csvLine, escapeFormula } from './csv-cells.js';
import type { CsvStyle, ExportFormat, ExportQuery } from './transfer-query.js';

/** Records in one piece of a file. */
const BATCH = 200;

/** Each has a connection to the database. */
const EXPORTS = { atOnce: 50, waiting: 0, patienceMs: 1_000 } as const;

/** How often a download asks whether its caller may still read. */
const RECHECK_MS = 1_000;

/** A client that reads nothing for this time leaves its turn to an export that waits (milliseconds). */
const UNREAD_MS = 5_000;
const CHECK_MS = 500;

interface Writer {
  head: string;
  record: (author: AuthorRecord, index: number) => string;
  foot: string;
}

type ExportStyle = CsvStyle & Pick<ExportQuery, 'format'>;

const BYTE_ORDER_MARK = '\ufeff';

const WRITERS: Readonly<Record<ExportFormat, (style: CsvStyle) => Writer>> = {
  ndjson: () => ({ head: '', record: author => `${JSON.stringify(author)}\n`, foot: '' }),
  csv: ({ bom, separator }) => ({
    head: (bom ? BYTE_ORDER_MARK : '') + csvLine(AUTHORS.names, separator),
    record: author => csvLine(Object.values(author).map(escapeFormula), separator),
    foot: '',
  }),
  json: () => ({
    head: '[',
    record: (author, index) => `${index === 0 ? '\n' : ',\n'}${JSON.stringify(author)}`,
    foot: '\n]\n',
  }),
};

/** Exports records as a file, a snapshot of one moment that is written while the client reads it. */
@Injectable()
export class ExportService {
  readonly #turns: Turns;

  constructor(
    private readonly lists: Lists,
    @InjectConfig() { maxExportsPerUser: perOwner }: Config,
  ) {
    const { name: quota } = VARIABLES.maxExportsPerUser;
    this.#turns = new Turns('exports', { ...EXPORTS, perOwner, quota });
  }

  /**
   * The file as a stream. It fails with `too_many_requests` when the caller reads as many already, and with
   * `unavailable` when its client does not read while another waits.
   */
  stream(caller: Principal, query: ExportQuery, stillAllowed: () => Promise<void>): Readable {
    const pieces = this.#checked(caller.userId, query, stillAllowed);
    const stream: Readable = Readable.from(
      this.#inTurn(caller.userId, pieces, error => stream.destroy(error)),
    );
    return stream;
  }

  async *#inTurn(
    ownerId: number,
    pieces: AsyncIterable<string>,
    fail: (error: Error) => void,
  ): AsyncGenerator<string> {
    const end = await this.#turns.take(ownerId);
    let givenAt = Infinity;
    const check = setInterval(() => {
      if (performance.now() - givenAt > UNREAD_MS && this.#turns.mustYield(ownerId)) {
        fail(retryLater('unavailable', 5, 'the client paused while another export waited'));
      }
    }, CHECK_MS).unref();
    try {
      for await (const piece of pieces) {
        givenAt = performance.now();
        yield piece;
        givenAt = Infinity;
      }
    } finally {
      clearInterval(check);
      end();
    }
  }

  async *#checked(ownerId: number, query: ExportQuery, stillAllowed: () => Promise<void>) {
    let checked = Date.now();
    for await (const piece of this.write(ownerId, query, query)) {
      if (Date.now() - checked > RECHECK_MS) {
        await stillAllowed();
        checked = Date.now();
      }
      yield piece;
    }
  }

  /** The file in pieces, ordered by id; calls `written` after each piece with the number of records so far. */
  async *write(
    ownerId: number,
    style: ExportStyle,
    selection: Selection = { filters: [] },
    written?: (records: number) => void,
  ): AsyncGenerator<string> {
    const { head, record, foot } = WRITERS[style.format](style);
    let text = head;
    let index = 0;
    for await (const author of this.lists.stream(AUTHORS, ownerId, selection)) {
      text += record(author, index);
      index += 1;
      if (index % BATCH === 0) {
        yield text;
        written?.(index);
        text = '';
      }
    }
    yield text + foot;
    written?.(index);
  }
}
