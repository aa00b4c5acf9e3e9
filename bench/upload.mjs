// Uploads a file from a separate process, so that it does not disturb the measurement.
import { openAsBlob } from 'node:fs';

const [file, url, token] = process.argv.slice(2);
const answer = await fetch(url, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  body: await openAsBlob(file),
});
console.log(answer.status, await answer.text());
