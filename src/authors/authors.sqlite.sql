-- Made by `npm run queries`.

-- insert
INSERT INTO authors (owner_id, version, created_at, updated_at, name, book, country, booker_prize, name_sort, book_sort, country_sort, name_key, book_key, words)
  VALUES ($1, 1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (owner_id, name_key, book_key) DO NOTHING
  RETURNING id, name, book, country, booker_prize, version, created_at, updated_at;

-- find
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND id = $2;

-- update
UPDATE authors
  SET version = version + 1, updated_at = $5, name = $6, book = $7, country = $8, booker_prize = $9, name_sort = $10, book_sort = $11, country_sort = $12, name_key = $13, book_key = $14, words = $15
  WHERE owner_id = $1 AND id = $2 AND (CAST($3 AS text) IS NULL OR CAST($3 AS text) LIKE '%,' || version || ',%') AND (CAST($4 AS text) IS NULL OR CAST($4 AS text) NOT LIKE '%,' || version || ',%')
  RETURNING id, name, book, country, booker_prize, version, created_at, updated_at;

-- delete
DELETE
  FROM authors
  WHERE owner_id = $1 AND id = $2 AND (CAST($3 AS text) IS NULL OR CAST($3 AS text) LIKE '%,' || version || ',%') AND (CAST($4 AS text) IS NULL OR CAST($4 AS text) NOT LIKE '%,' || version || ',%');

-- first page, sort=id
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY id LIMIT $2;

-- next page, sort=id
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND (id) > ($2)
  ORDER BY id LIMIT $3;

-- first page, sort=-id
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY id DESC LIMIT $2;

-- next page, sort=-id
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND (id) < ($2)
  ORDER BY id DESC LIMIT $3;

-- first page, sort=name
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors
  WHERE owner_id = $1
  ORDER BY name_sort, id LIMIT $2;

-- next page, sort=name
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors
  WHERE owner_id = $1 AND name_sort = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors
  WHERE owner_id = $1 AND name_sort > $2
  ORDER BY name_sort, id LIMIT $4;

-- first page, sort=-name
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors
  WHERE owner_id = $1
  ORDER BY name_sort DESC, id DESC LIMIT $2;

-- next page, sort=-name
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors
  WHERE owner_id = $1 AND name_sort = $2 AND id < $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors
  WHERE owner_id = $1 AND name_sort < $2
  ORDER BY name_sort DESC, id DESC LIMIT $4;

-- first page, sort=book
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, book_sort
  FROM authors
  WHERE owner_id = $1
  ORDER BY book_sort, id LIMIT $2;

-- next page, sort=book
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, book_sort
  FROM authors
  WHERE owner_id = $1 AND book_sort = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, book_sort
  FROM authors
  WHERE owner_id = $1 AND book_sort > $2
  ORDER BY book_sort, id LIMIT $4;

-- first page, sort=-book
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, book_sort
  FROM authors
  WHERE owner_id = $1
  ORDER BY book_sort DESC, id DESC LIMIT $2;

-- next page, sort=-book
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, book_sort
  FROM authors
  WHERE owner_id = $1 AND book_sort = $2 AND id < $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, book_sort
  FROM authors
  WHERE owner_id = $1 AND book_sort < $2
  ORDER BY book_sort DESC, id DESC LIMIT $4;

-- first page, sort=country
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, country_sort
  FROM authors
  WHERE owner_id = $1
  ORDER BY country_sort, id LIMIT $2;

-- next page, sort=country
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, country_sort
  FROM authors
  WHERE owner_id = $1 AND country_sort = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, country_sort
  FROM authors
  WHERE owner_id = $1 AND country_sort > $2
  ORDER BY country_sort, id LIMIT $4;

-- first page, sort=-country
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, country_sort
  FROM authors
  WHERE owner_id = $1
  ORDER BY country_sort DESC, id DESC LIMIT $2;

-- next page, sort=-country
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, country_sort
  FROM authors
  WHERE owner_id = $1 AND country_sort = $2 AND id < $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, country_sort
  FROM authors
  WHERE owner_id = $1 AND country_sort < $2
  ORDER BY country_sort DESC, id DESC LIMIT $4;

-- first page, sort=booker_prize
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY booker_prize, id LIMIT $2;

-- next page, sort=booker_prize
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND booker_prize > $2
  ORDER BY booker_prize, id LIMIT $4;

-- first page, sort=-booker_prize
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY booker_prize DESC, id DESC LIMIT $2;

-- next page, sort=-booker_prize
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2 AND id < $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND booker_prize < $2
  ORDER BY booker_prize DESC, id DESC LIMIT $4;

-- first page, sort=created_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY created_at, id LIMIT $2;

-- next page, sort=created_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at > $2
  ORDER BY created_at, id LIMIT $4;

-- first page, sort=created_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at >= $2 AND created_at < $3
  ORDER BY created_at, id LIMIT $4;

-- next page, sort=created_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at < $2 AND created_at = $3 AND id > $4
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at < $2 AND created_at > $3
  ORDER BY created_at, id LIMIT $5;

-- first page, sort=-created_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY created_at DESC, id DESC LIMIT $2;

-- next page, sort=-created_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at = $2 AND id < $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at < $2
  ORDER BY created_at DESC, id DESC LIMIT $4;

-- first page, sort=-created_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at >= $2 AND created_at < $3
  ORDER BY created_at DESC, id DESC LIMIT $4;

-- next page, sort=-created_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at >= $2 AND created_at = $3 AND id < $4
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND created_at >= $2 AND created_at < $3
  ORDER BY created_at DESC, id DESC LIMIT $5;

-- first page, sort=updated_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY updated_at, id LIMIT $2;

-- next page, sort=updated_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at > $2
  ORDER BY updated_at, id LIMIT $4;

-- first page, sort=updated_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at >= $2 AND updated_at < $3
  ORDER BY updated_at, id LIMIT $4;

-- next page, sort=updated_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at < $2 AND updated_at = $3 AND id > $4
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at < $2 AND updated_at > $3
  ORDER BY updated_at, id LIMIT $5;

-- first page, sort=-updated_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1
  ORDER BY updated_at DESC, id DESC LIMIT $2;

-- next page, sort=-updated_at
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at = $2 AND id < $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at < $2
  ORDER BY updated_at DESC, id DESC LIMIT $4;

-- first page, sort=-updated_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at >= $2 AND updated_at < $3
  ORDER BY updated_at DESC, id DESC LIMIT $4;

-- next page, sort=-updated_at in a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at >= $2 AND updated_at = $3 AND id < $4
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND updated_at >= $2 AND updated_at < $3
  ORDER BY updated_at DESC, id DESC LIMIT $5;

-- one filter, sort=id
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2 AND (id) > ($3)
  ORDER BY id LIMIT $4;

-- filter of a text, sort=id
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND name_sort = $2 AND name = $3 AND (id) > ($4)
  ORDER BY id LIMIT $5;

-- size of a filter of a text
SELECT count(*) AS count
  FROM (SELECT 1
  FROM authors
  WHERE owner_id = $1 AND name_sort = $2 AND name = $3
  ORDER BY id LIMIT $4) AS counted;

-- size of a filter
SELECT count(*) AS count
  FROM (SELECT 1
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2
  ORDER BY id LIMIT $3) AS counted;

-- size of a range
SELECT count(*) AS count
  FROM (SELECT 1
  FROM authors
  WHERE owner_id = $1 AND created_at >= $2
  ORDER BY created_at, id LIMIT $3) AS counted;

-- page out of a few of a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM (SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort, words
  FROM authors
  WHERE owner_id = $1 AND created_at >= $2
  ORDER BY created_at, id LIMIT $3) AS few
  WHERE booker_prize = $4 AND (name_sort, id) > ($5, $6)
  ORDER BY name_sort, id LIMIT $7;

-- slice of a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, kept
  FROM ( SELECT id, name, book, country, booker_prize, version, created_at, updated_at, (booker_prize = $9 AND created_at >= $10 AND instr(' ' || words, $11) > 0 AND instr(' ' || words, $12) > 0) AS kept
  FROM (SELECT id, name, book, country, booker_prize, version, created_at, updated_at, words
  FROM authors
  WHERE owner_id = $1 AND created_at = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, words
  FROM authors
  WHERE owner_id = $1 AND created_at > $2
  ORDER BY created_at, id LIMIT $4) AS slice) AS walked
  WHERE kept OR id = (SELECT id
  FROM (SELECT created_at, id
  FROM authors
  WHERE owner_id = $5 AND created_at = $6 AND id > $7
  UNION ALL SELECT created_at, id
  FROM authors
  WHERE owner_id = $5 AND created_at > $6
  ORDER BY created_at, id LIMIT 1 OFFSET $8) AS keys)
  ORDER BY created_at, id LIMIT $13;

-- export of a range
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND +created_at >= $2
  ORDER BY id;

-- page out of a few
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM (SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort, words
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2
  ORDER BY id LIMIT $3) AS few
  WHERE booker_prize = $4 AND (name_sort, id) > ($5, $6)
  ORDER BY name_sort, id LIMIT $7;

-- slice of an index
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort, kept
  FROM ( SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort, (booker_prize = $9 AND instr(' ' || words, $10) > 0 AND instr(' ' || words, $11) > 0) AS kept
  FROM (SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort, words
  FROM authors
  WHERE owner_id = $1 AND name_sort = $2 AND id > $3
  UNION ALL SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort, words
  FROM authors
  WHERE owner_id = $1 AND name_sort > $2
  ORDER BY name_sort, id LIMIT $4) AS slice) AS walked
  WHERE kept OR id = (SELECT id
  FROM (SELECT name_sort, id
  FROM authors
  WHERE owner_id = $5 AND name_sort = $6 AND id > $7
  UNION ALL SELECT name_sort, id
  FROM authors
  WHERE owner_id = $5 AND name_sort > $6
  ORDER BY name_sort, id LIMIT 1 OFFSET $8) AS keys)
  ORDER BY name_sort, id LIMIT $12;

-- frequency of words
SELECT sum(CASE WHEN instr(' ' || words, $5) > 0 THEN 1 ELSE 0 END) AS w0, sum(CASE WHEN instr(' ' || words, $6) > 0 THEN 1 ELSE 0 END) AS w1
  FROM (SELECT name_sort, id, words
  FROM authors
  WHERE owner_id = $1 AND name_sort = $2 AND id > $3
  UNION ALL SELECT name_sort, id, words
  FROM authors
  WHERE owner_id = $1 AND name_sort > $2
  ORDER BY name_sort, id LIMIT $4) AS sample;

-- page of rare words
SELECT id, name, book, country, booker_prize, version, created_at, updated_at, name_sort
  FROM authors_search CROSS JOIN authors ON id = authors_search.rowid
  WHERE authors_search MATCH $1 AND owner_id = $2 AND booker_prize = $3 AND instr(' ' || authors.words, $4) > 0 AND (name_sort, authors_search.rowid) > ($5, $6)
  ORDER BY name_sort, authors_search.rowid LIMIT $7;

-- count
SELECT count(*) AS count
  FROM (SELECT id
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2 AND instr(' ' || words, $3) > 0 AND instr(' ' || words, $4) > 0 LIMIT $5) AS counted;

-- export
SELECT id, name, book, country, booker_prize, version, created_at, updated_at
  FROM authors
  WHERE owner_id = $1 AND booker_prize = $2 AND instr(' ' || words, $3) > 0 AND instr(' ' || words, $4) > 0
  ORDER BY id;

-- delete a slice of all
DELETE
  FROM authors
  WHERE id IN (SELECT value
  FROM json_each($1)) AND +owner_id = $2;

-- delete a slice of a selection
DELETE
  FROM authors
  WHERE id IN (SELECT value
  FROM json_each($1)) AND +owner_id = $2 AND +booker_prize = $3 AND +name = $4 AND +created_at >= $5 AND instr(' ' || words, $6) > 0 AND instr(' ' || words, $7) > 0;
