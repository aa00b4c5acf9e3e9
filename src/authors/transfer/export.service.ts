import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../http/principal.js';
import type { Selection } from '../../lists/list-query.js';
import { Lists } from '../../lists/lists.js';
import { AUTHORS } from '../author.members.js';
import type { AuthorRecord } from '../author.members.js';
import { csvLine, escapeFormula } from './csv-cells.js';
import type { CsvStyle, ExportFormat, ExportQuery } from './transfer-query.js';

/** Records in one piece of a file. */
const BATCH = 200;

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
  constructor(private readonly lists: Lists) {}

  stream(caller: Principal, query: ExportQuery): Readable {
    return Readable.from(this.write(caller.userId, query, query));
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
