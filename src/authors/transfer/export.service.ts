import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../http/principal.js';
import { FIELDS } from '../author-members.js';
import { toResponse } from '../author-response.js';
import type { AuthorResponse } from '../authors.dto.js';
import { AuthorsRepository } from '../authors.repository.js';
import type { Selection } from '../list-query.js';
import { queryWords } from '../search-words.js';
import { csvLine, defused } from './csv-cells.js';
import type { ExportFormat, ExportQuery } from './transfer-query.js';

/** Records that are written together. */
const BATCH = 200;

interface Writer {
  head: string;
  record: (author: AuthorResponse, index: number) => string;
  foot: string;
}

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  ndjson: { head: '', record: author => `${JSON.stringify(author)}\n`, foot: '' },
  csv: {
    head: csvLine(FIELDS),
    record: author =>
      csvLine(
        FIELDS.map(field => {
          const value = author[field];
          return typeof value === 'string' ? defused(value) : value;
        }),
      ),
    foot: '',
  },
  json: {
    head: '[',
    record: (author, index) => `${index === 0 ? '\n' : ',\n'}${JSON.stringify(author)}`,
    foot: '\n]\n',
  },
};

/** Gives records out as a file of one moment, written while it is read. */
@Injectable()
export class ExportService {
  constructor(private readonly authors: AuthorsRepository) {}

  stream(caller: Principal, { format, ...selection }: ExportQuery): Readable {
    return Readable.from(this.write(caller.userId, format, selection));
  }

  /** The file in pieces of text, oldest record first. `written` is told after each piece how many records there are. */
  async *write(
    ownerId: number,
    format: ExportFormat,
    { filters, q }: Selection = { filters: [] },
    written?: (records: number) => void,
  ): AsyncGenerator<string> {
    const { head, record, foot } = WRITERS[format];
    const words = q === undefined ? [] : queryWords(ownerId, q);
    let text = head;
    let index = 0;
    for await (const row of this.authors.stream(ownerId, filters, words)) {
      text += record(toResponse(row), index);
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
