/** A file in `test/files/`, how it is imported, and what is taken of it; docs/files.md has the same table. */
export interface Dialect {
  file: string;
  from: string;
  type: string;
  query?: string;
  created: number;
  skipped: number;
  faulty: number;
  ignored: readonly string[];
}

const CSV = 'text/csv';
const whole = (from: string, file: string, ignored: string, more: object = {}): Dialect => ({
  from,
  file,
  type: CSV,
  created: 8,
  skipped: 0,
  faulty: 0,
  ignored: ignored === '' ? [] : ignored.split(', '),
  ...more,
});

export const DIALECTS: readonly Dialect[] = [
  whole(
    'Goodreads',
    'goodreads.csv',
    'Book Id, Author l-f, Additional Authors, ISBN, My Rating, Number of Pages, Year Published, Date Added, Bookshelves, Exclusive Shelf, My Review',
  ),
  whole(
    'LibraryThing (UTF-16)',
    'librarything.tsv',
    'Book Id, Sort Character, Primary Author Role, Secondary Author, Date, Review',
    { type: 'text/tab-separated-values' },
  ),
  whole(
    'StoryGraph',
    'storygraph.csv',
    'Contributors, ISBN/UID, Format, Read Status, Date Added, Star Rating, Review, Owned?',
  ),
  whole(
    'Calibre',
    'calibre.csv',
    'author_sort, comments, formats, isbn, languages, pubdate, size, tags, uuid',
  ),
  whole(
    'Open Library',
    'openlibrary.csv',
    'Work ID, First Publish Year, Edition ID, Edition Title, ISBN, Bookshelf, My Ratings, Ratings Average',
  ),
  whole(
    'BookWyrm',
    'bookwyrm.csv',
    'remote_id, openlibrary_key, start_date, finish_date, stopped_date, rating, review_name, review_content, shelf, shelf_name',
  ),
  whole(
    'OpenReads',
    'openreads.csv',
    'subtitle, description, publication_year, isbn, pages, status, rating, favourite, deleted, reading_starts, tags, notes, book_format',
  ),
  whole('a list of prizes', 'prize-list.csv', 'Year, Shortlisted', {
    query: 'on_conflict=skip&on_error=skip',
    skipped: 1,
    faulty: 1,
  }),
  whole('Excel, German', 'excel-de.csv', '', { type: 'text/csv; charset=windows-1252' }),
  whole('Excel, French', 'excel-fr.csv', '', {
    type: 'application/vnd.ms-excel; charset=windows-1252',
  }),
  whole('Excel, US', 'excel-us.csv', '', { type: 'application/csv' }),
  whole('Excel, Unicode text', 'excel-unicode.txt', ''),
  whole('Excel, old Macintosh', 'excel-mac.csv', ''),
  whole('PowerShell', 'powershell.csv', 'PSPath'),
  whole('Google Sheets', 'google-sheets.csv', 'Notes'),
  whole('Google Sheets (TSV)', 'google-sheets.tsv', 'Notes'),
  whole('dBase', 'dbase.csv', ''),
  whole('German headers', 'german-headers.csv', '', {
    query: 'columns=book:Titel,name:Autor,country:Land',
  }),
];
